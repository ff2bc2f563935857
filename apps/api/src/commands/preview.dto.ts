import { PRORATIONS } from '@app/stripe';
import type { AskedCommand, CommandPreview } from '@app/subscriptions';
import { z } from 'zod';

import { callerId, isoTime } from '../http/schemas.js';

const MAXIMUM_QUANTITY = 1_000_000_000;
const MAXIMUM_PREVIEW = 2000;

/** What a command with a preview may be refused for. */
export const PREVIEW_REFUSALS = { 412: ['preview_expired', 'preview_outdated'], 422: ['preview_invalid', 'preview_differs'] };

export const prorationWord = z
  .enum(PRORATIONS)
  .default('CREATE')
  .meta({ description: 'What becomes of the money in the middle of a period, where Stripe is paid: `CREATE`: on the next invoice. `NONE`: nothing. `INVOICE_NOW`: on an invoice of its own, at once.' });

export const previewWord = z
  .string()
  .min(1)
  .max(MAXIMUM_PREVIEW)
  .meta({ description: '`preview` of a preview of just this, at most ten minutes old: Stripe reckons to the same second, so that it costs what was shown.' });

const subscriptionId = callerId.meta({ description: 'A package subscription that is paid through Stripe.', example: 'psub_06f3k2' });

export const previewInput = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('CANCEL'),
      subscriptionId,
      cancelAt: isoTime.optional().meta({ description: 'A time to come; now unless given.' }),
      atPeriodEnd: z.boolean().default(false),
      withAddons: z.boolean().default(false),
    }),
    z.strictObject({ kind: z.literal('RESUME'), subscriptionId }),
    z.strictObject({ kind: z.literal('CHANGE_QUANTITY'), subscriptionId, quantity: z.int().min(1).max(MAXIMUM_QUANTITY), proration: prorationWord }),
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

export function toAsked(input: PreviewInputDto): AskedCommand {
  if (input.kind !== 'CANCEL') {
    return input;
  }
  const { cancelAt, atPeriodEnd, ...rest } = input;
  return { ...rest, when: atPeriodEnd ? 'PERIOD_END' : cancelAt === undefined ? 'NOW' : { at: new Date(cancelAt).toISOString() } };
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
