import { z } from 'zod';

import { prorationWord, previewWord } from '../commands/command-words.js';
import { isoTime } from '../http/schemas.js';
import { type SubscriptionDto, subscriptionExample } from './subscription.dto.js';

const MAXIMUM_QUANTITY = 1_000_000_000;
/** Nobody was subscribed to anything before. */
const EARLIEST = '1970-01-01T00:00:00Z';
/** Later times could not be read from Stripe again, and nothing else of the subscription either. */
const TOO_LATE = '9999-12-31';

export const time = isoTime
  .refine((text) => text >= EARLIEST, 'must not be before 1970')
  .refine((text) => text < TOO_LATE, 'must be before 9999-12-31')
  .transform((text) => new Date(text));
export const quantity = z.int().min(1).max(MAXIMUM_QUANTITY);

/** A time, or the end of the period, and not both. */
export const ONE_END = { path: ['atPeriodEnd'], message: 'must not be given together with cancelAt' };
export function isOneEnd({ cancelAt, atPeriodEnd }: { cancelAt?: Date | undefined; atPeriodEnd: boolean }): boolean {
  return cancelAt === undefined || !atPeriodEnd;
}

export const cancelInput = z
  .strictObject({
    cancelAt: time.optional().meta({ description: 'A time to come; now unless given. Access ends at that very time; of what is paid through Stripe, when Stripe ends it.', example: '2026-04-01T12:00:00.000Z' }),
    atPeriodEnd: z.boolean().default(false).meta({ description: 'At the end of the period that is paid for, instead of a time. Only of what is paid through Stripe.' }),
    withAddons: z.boolean().default(false).meta({ description: 'Whether add-ons that need this base package end with it; of what is paid through Stripe, all that is in the same Stripe subscription. Without it, these stand in the way.' }),
  })
  .refine(isOneEnd, ONE_END)
  .meta({ id: 'CancelSubscriptionInput' });
export type CancelInputDto = z.output<typeof cancelInput>;

export const quantityInput = z
  .strictObject({
    quantity: quantity.meta({ description: 'The new quantity, not a difference.', example: 5 }),
    proration: prorationWord,
    preview: previewWord.optional(),
  })
  .meta({ id: 'SubscriptionQuantityInput' });
export type QuantityInputDto = z.output<typeof quantityInput>;

export const manualExample: SubscriptionDto = {
  ...subscriptionExample,
  stripeStatus: null,
  source: 'KANA',
  createdBy: 'key_06f3k2',
  startedAt: '2026-03-01T12:00:00.000Z',
  currentPeriodStart: null,
  currentPeriodEnd: null,
  stripe: null,
};
