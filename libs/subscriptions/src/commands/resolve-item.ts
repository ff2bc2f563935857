import type { ItemSnapshot } from '@app/stripe';

import type { CommandGround } from './command.types.js';

/** The package subscription's own item; of one that stands for a Stripe subscription as a whole, the only item. */
export function resolveItem({ subscription: { items }, itemId }: Pick<CommandGround, 'subscription' | 'itemId'>): ItemSnapshot | undefined {
  const [only, ...others] = items;
  return itemId === null && others.length === 0 ? only : items.find(({ id }) => id === itemId);
}
