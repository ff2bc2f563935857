import type { AskedCommand } from './asked-command.js';
import type { CommandGround, CommandVerdict } from './command.types.js';

/** Of the package subscription's own item; of one that stands for a Stripe subscription as a whole, of the only item. */
export function resolveQuantity({ quantity, proration, prorationDate }: Extract<AskedCommand, { kind: 'CHANGE_QUANTITY' }>, { subscription, itemId }: CommandGround): CommandVerdict {
  const [only, ...others] = subscription.items;
  const item = itemId === null && others.length === 0 ? only : subscription.items.find(({ id }) => id === itemId);
  if (item === undefined) {
    return { kind: 'REFUSED', code: 'item_not_found' };
  }
  if (item.quantity === null) {
    return { kind: 'REFUSED', code: 'item_metered' };
  }
  const items = { changes: [{ id: item.id, quantity }], proration, ...(prorationDate === undefined ? {} : { prorationDate }) };
  return { kind: 'REQUEST', request: { call: 'UPDATE_SUBSCRIPTION', id: subscription.id, change: { items } } };
}
