import { type ErrorKind, type ErrorPointer, KanaError } from '@app/common';

import type { CommandRefusal } from './command.types.js';

const KINDS: Partial<Record<CommandRefusal, ErrorKind>> = { cancel_at_past: 'REFUSED' };
const POINTERS: Partial<Record<CommandRefusal, ErrorPointer>> = {
  cancel_at_past: { pointer: '/cancelAt', detail: 'Must be in the future.' },
  other_items_end: { pointer: '/withAddons', detail: 'Must be true to end them all.' },
};

/** A refusal in a sentence that says what to do. */
export function refusalInWords(code: CommandRefusal): string {
  const sentences: Record<CommandRefusal, string> = {
    connection_disconnected: 'The Stripe account is disconnected. Connect it again first.',
    customer_deleted: 'The Stripe customer was deleted, and cannot be changed any more.',
    subscription_ended: 'The Stripe subscription has ended, and stays so. Subscribe the user again instead.',
    schedule_attached: 'A subscription schedule in Stripe decides about this subscription. Change the schedule there, or release it first.',
    pending_update: 'A change of this subscription waits for its payment in Stripe. Wait until it is paid or has expired.',
    cancel_at_past: 'This subscription cannot end in the past. Leave `cancelAt` out to end it now.',
    other_items_end: 'There is more in this Stripe subscription, and Stripe ends it as a whole. Say `withAddons: true` to end all of it.',
    item_not_found: 'The Stripe subscription has no single item that this one stands for.',
    item_metered: 'This item is metered: it has no quantity.',
  };
  return sentences[code];
}

export function commandRefused(code: CommandRefusal): KanaError {
  const pointer = POINTERS[code];
  return new KanaError(KINDS[code] ?? 'CONFLICT', code, refusalInWords(code), pointer === undefined ? [] : [pointer]);
}
