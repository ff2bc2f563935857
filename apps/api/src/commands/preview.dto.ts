import type { AskedCommand, CommandPreview } from '@app/subscriptions';
import { z } from 'zod';

import { callerId, isoTime } from '../http/schemas.js';
import { addonInput, packageInput, pauseInput, removalInput } from '../subscriptions/package-change.dto.js';
import { subscribePreviewInput } from '../subscriptions/subscribe.dto.js';
import { isOneEnd, ONE_END, quantityInput, time } from '../subscriptions/subscription-change.dto.js';

const subscriptionId = callerId.meta({ description: 'A package subscription that is paid through Stripe.', example: 'psub_06f3k2' });

/** As the command takes it, without what comes of the preview. */
export const previewInput = z
  .discriminatedUnion('kind', [
    z
      .strictObject({
        kind: z.literal('CANCEL'),
        subscriptionId,
        cancelAt: time.optional().meta({ description: 'A time to come; now unless given.', example: '2026-04-01T12:00:00.000Z' }),
        atPeriodEnd: z.boolean().default(false),
        withAddons: z.boolean().default(false),
      })
      .refine(isOneEnd, ONE_END),
    z.strictObject({ kind: z.literal('RESUME'), subscriptionId }),
    quantityInput.omit({ preview: true }).extend({ kind: z.literal('CHANGE_QUANTITY'), subscriptionId }),
    pauseInput.extend({ kind: z.literal('PAUSE'), subscriptionId }),
    z.strictObject({ kind: z.literal('UNPAUSE'), subscriptionId }),
    packageInput.omit({ preview: true }).extend({ kind: z.literal('CHANGE_PACKAGE'), subscriptionId }),
    addonInput.omit({ preview: true }).extend({ kind: z.literal('ADD_ADDON'), subscriptionId }),
    removalInput.omit({ preview: true }).extend({ kind: z.literal('REMOVE_ADDON'), subscriptionId }),
    subscribePreviewInput,
  ])
  .meta({ id: 'CommandPreviewInput' });
export type PreviewInputDto = z.output<typeof previewInput>;

const invoice = z
  .object({
    currency: z.string(),
    total: z.int().meta({ description: 'Minor units; below zero, what the customer has in hand afterwards.' }),
    amountDue: z.int().meta({ description: 'What is to be paid.' }),
    lines: z.array(z.object({ description: z.string().nullable(), amount: z.int(), quantity: z.int().nullable(), isProration: z.boolean(), periodStart: isoTime, periodEnd: isoTime })),
    hasMoreLines: z.boolean(),
  })
  .meta({ id: 'InvoicePreview' });

const access = z.object({
  access: z.boolean(),
  budget: z.number().nullable().meta({ description: 'null = unlimited, or access or not.' }),
  overageEnabled: z.boolean(),
});

export const previewSchema = z
  .object({
    invoices: z.object({
      now: invoice.nullable().meta({ description: 'Made at once; null = none is.' }),
      next: invoice.nullable().meta({ description: 'The next regular one, with what waits for it; null = there will be none.' }),
      renewal: invoice.nullable().meta({ description: 'What each one after that comes to, as things are then.' }),
    }),
    prorationDate: isoTime.nullable().meta({ description: 'To which second Stripe has reckoned parts of periods; null = nothing depends on it.' }),
    features: z.array(z.object({ featureId: z.string(), change: z.enum(['GAINED', 'LOST', 'CHANGED']), before: access, after: access })).meta({ description: 'What the user gains and loses; what stays is left out. Usage is not looked at.' }),
    effectiveAt: isoTime.nullable().meta({ description: 'When access changes; null = when Stripe says.' }),
    preview: z.string().meta({ description: 'To be given with the command. It is valid for just this command, and only while the subscription is as it was.' }),
    expiresAt: isoTime,
  })
  .meta({ id: 'CommandPreview' });
export type PreviewDto = z.output<typeof previewSchema>;

export function toAsked(input: Exclude<PreviewInputDto, { kind: 'SUBSCRIBE' }>): AskedCommand {
  switch (input.kind) {
    case 'CANCEL': {
      const { cancelAt, atPeriodEnd, ...rest } = input;
      return { ...rest, when: atPeriodEnd ? 'PERIOD_END' : cancelAt === undefined ? 'NOW' : { at: cancelAt.toISOString() } };
    }
    case 'PAUSE':
      return { ...input, resumesAt: input.resumesAt?.toISOString() ?? null };
    case 'CHANGE_PACKAGE':
    case 'ADD_ADDON':
      return { ...input, priceId: input.priceId ?? null };
    case 'CHANGE_QUANTITY':
    case 'REMOVE_ADDON':
    case 'RESUME':
    case 'UNPAUSE':
      return input;
  }
}

export function toPreview({ cost: { prorationDate, ...invoices }, features, ...rest }: CommandPreview): PreviewDto {
  const lines = (shown: typeof invoices.now) => (shown === null ? null : { ...shown, lines: [...shown.lines] });
  return { invoices: { now: lines(invoices.now), next: lines(invoices.next), renewal: lines(invoices.renewal) }, prorationDate, features: [...features], ...rest };
}

const renewal = {
  currency: 'usd',
  total: 5000,
  amountDue: 5000,
  lines: [{ description: '5 × Team', amount: 5000, quantity: 5, isProration: false, periodStart: '2026-04-01T00:00:00.000Z', periodEnd: '2026-05-01T00:00:00.000Z' }],
  hasMoreLines: false,
};

export const previewExample: PreviewDto = {
  invoices: { now: null, next: renewal, renewal },
  prorationDate: '2026-03-15T12:00:00.000Z',
  features: [{ featureId: 'seats', change: 'CHANGED', before: { access: true, budget: 3, overageEnabled: false }, after: { access: true, budget: 5, overageEnabled: false } }],
  effectiveAt: '2026-03-15T12:00:00.000Z',
  preview: 'v1.3f2a91c0.kf3…',
  expiresAt: '2026-03-15T12:10:00.000Z',
};
