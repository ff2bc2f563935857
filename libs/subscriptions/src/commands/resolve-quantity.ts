import type { AskedCommand } from './asked-command.js';
import type { CommandGround, ChangeVerdict } from './command.types.js';
import { resolveItem } from './resolve-item.js';

export function resolveQuantity({ quantity, proration, prorationDate }: Extract<AskedCommand, { kind: 'CHANGE_QUANTITY' }>, ground: CommandGround): ChangeVerdict {
  const item = resolveItem(ground);
  if (item === undefined) {
    return { kind: 'REFUSED', code: 'item_not_found' };
  }
  if (item.quantity === null) {
    return { kind: 'REFUSED', code: 'item_metered' };
  }
  const items = { changes: [{ id: item.id, quantity }], proration, ...(prorationDate === undefined ? {} : { prorationDate }) };
  return { kind: 'REQUEST', request: { call: 'UPDATE_SUBSCRIPTION', id: ground.subscription.id, change: { items } } };
}
