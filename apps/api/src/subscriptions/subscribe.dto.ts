import type { AskedSubscribe, PriceWish, WantedSubscribe } from '@app/subscriptions';
import { z } from 'zod';

import { previewWord } from '../commands/command-words.js';
import { callerId } from '../http/schemas.js';
import { quantity, time } from './subscription-change.dto.js';
import { subscriptionSchema } from './subscription.dto.js';

const MAXIMUM_PACKAGES = 20;
/** Stripe's own. */
const MAXIMUM_TRIAL_DAYS = 730;
const MAXIMUM_DAYS_UNTIL_DUE = 365;

export const packageIds = z
  .array(callerId)
  .min(1)
  .max(MAXIMUM_PACKAGES)
  .refine((ids) => new Set(ids).size === ids.length, 'must not name a package twice')
  .meta({ description: 'Published packages: at most one base package, and add-ons.', example: ['team', 'extra-seats'] });

const INTERVALS = ['DAY', 'WEEK', 'MONTH', 'YEAR'] as const;

/** By which of its prices a package is paid. */
export const priceWish = {
  priceIds: z.array(z.string().min(1).max(255)).max(MAXIMUM_PACKAGES).default([]).meta({ description: 'Prices of these packages, where there are several and you would choose: one of a package.' }),
  currency: z
    .string()
    .regex(/^[a-z]{3}$/i, 'must be three letters')
    .toLowerCase()
    .optional()
    .meta({ description: 'The currency to pay in; needed where a package has prices in several.', example: 'usd' }),
  interval: z.enum(INTERVALS).optional().meta({ description: 'How often it is paid; needed where a package can be paid in several ways.', example: 'MONTH' }),
  intervalCount: z.int().min(1).max(36).optional().meta({ description: 'Of `interval`; 1 unless given.' }),
};

export const trialDays = z.int().min(1).max(MAXIMUM_TRIAL_DAYS).optional().meta({ description: 'So many days are free; none unless given.' });

const people = {
  userId: callerId.meta({ description: 'Id or alias.', example: 'ann@example.com' }),
  packageIds,
  quantity: quantity.default(1).meta({ description: 'Of each package.', example: 1 }),
  cancelAt: time.optional().meta({ description: 'When it ends by itself; it does not unless given.', example: '2026-04-01T12:00:00.000Z' }),
};

const paid = {
  ...people,
  ...priceWish,
  connectionId: callerId.optional().meta({ description: 'The Stripe account, where several are connected and the user is in none or in another.' }),
  trialDays,
  daysUntilDue: z.int().min(1).max(MAXIMUM_DAYS_UNTIL_DUE).optional().meta({ description: 'Stripe sends invoices, to be paid within so many days; unless given, it charges the customer’s payment method.' }),
};

export const WHOLE_WISH = { path: ['intervalCount'], message: 'must be given together with interval' };
export function isWholeWish({ interval, intervalCount }: { interval?: string | undefined; intervalCount?: number | undefined }): boolean {
  return intervalCount === undefined || interval !== undefined;
}

const manualInput = z
  .strictObject({
    ...people,
    billing: z.literal('KANA').meta({ description: 'Given in Kana alone.', example: 'KANA' }),
    startsAt: time.optional().meta({ description: 'When it began, and what usage periods count from; now unless given, and not in the future.', example: '2026-03-01T12:00:00.000Z' }),
  })
  .meta({ id: 'ManualSubscribeInput' });

const paidInput = z
  .strictObject({ ...paid, billing: z.literal('STRIPE').meta({ description: 'Paid through Stripe.', example: 'STRIPE' }), preview: previewWord.optional() })
  .refine(isWholeWish, WHOLE_WISH)
  .meta({ id: 'PaidSubscribeInput' });
export type PaidSubscribeDto = z.output<typeof paidInput>;

export const subscribeInput = z.discriminatedUnion('billing', [manualInput, paidInput]).meta({ id: 'SubscribeInput' });
export type SubscribeInputDto = z.output<typeof subscribeInput>;

/** As the call takes it, without what comes of the preview. */
export const subscribePreviewInput = z.strictObject({ ...paid, kind: z.literal('SUBSCRIBE') }).refine(isWholeWish, WHOLE_WISH);

export const newSubscriptionsSchema = z
  .object({ data: z.array(subscriptionSchema).meta({ description: 'In the order of `packageIds`.' }) })
  .meta({ id: 'NewPackageSubscriptions' });
export type NewSubscriptionsDto = z.output<typeof newSubscriptionsSchema>;

export function toWish({ priceIds, currency, interval, intervalCount }: Pick<PaidSubscribeDto, keyof typeof priceWish>): PriceWish {
  return { priceIds, currency: currency ?? null, interval: interval?.toLowerCase() ?? null, intervalCount: intervalCount ?? null };
}

export function toWanted(input: Omit<PaidSubscribeDto, 'billing' | 'preview'>): Omit<WantedSubscribe, 'preview'> {
  const { userId, connectionId, packageIds: ids, quantity: each, trialDays: trial, daysUntilDue, cancelAt } = input;
  const asked: AskedSubscribe = { packageIds: ids, quantity: each, wish: toWish(input), trialDays: trial ?? null, daysUntilDue: daysUntilDue ?? null, cancelAt: cancelAt?.toISOString() ?? null };
  return { userId, connectionId: connectionId ?? null, asked };
}
