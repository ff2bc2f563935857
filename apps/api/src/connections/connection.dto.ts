import { isWebhookSecret } from '@app/common';
import { EMAIL_MATCH_POLICIES, NO_WEBHOOK, STAMP_KEYS, STRIPE_MODES, type StripeConnection, WEBHOOK_STATES } from '@app/stripe';
import { z } from 'zod';

import { callerId, isoTime } from '../http/schemas.js';

const GRACE_DAYS_MAXIMUM = 90;
const OVERLAP_SECONDS_MAXIMUM = 30 * 86_400;

const REQUESTS_MAXIMUM = 10_000;

/** A year. */
const HOURS_MAXIMUM = 8760;

const settings = {
  customers: z.enum(['SUBSCRIBED', 'ALL']).meta({ description: 'ALL also makes users of customers without a subscription.' }),
  emailMatch: z.enum(EMAIL_MATCH_POLICIES).meta({ description: 'Whether a customer is linked to the one user with its email.' }),
  userIdMetadataKey: z
    .string()
    .min(1)
    .max(40)
    .refine((key) => !/[[\]]/.test(key), 'must not contain square brackets: Stripe takes no such key')
    .refine((key) => !STAMP_KEYS.includes(key), 'is a key that Kana marks its own changes by')
    .meta({ description: 'The metadata key of Stripe customers that names the user.', example: 'kana_user_id' }),
  pastDueGraceDays: z.int().min(0).max(GRACE_DAYS_MAXIMUM).meta({ description: 'Days of access after an unpaid period began: of all items, the latest period. Where Stripe goes on billing what is not paid, each period has them anew.', example: 0 }),
  pausedCollectionGivesAccess: z.boolean(),
  basePackageId: callerId.nullable().meta({ description: 'The base package that a Stripe subscription as a whole stands for; null = none.' }),
  reconcileEveryHours: z.int().min(0).max(HOURS_MAXIMUM).meta({ description: 'Hours between two reconciliations; 0 = only when asked for.', example: 24 }),
  brakePercent: z.number().min(0).max(100).meta({ description: 'A reconciliation asks before it takes access from more than this share of the users with access.', example: 5 }),
  brakeUsers: z.int().min(0).meta({ description: 'Likewise, from more than this many users.', example: 100 }),
  requestsPerSecond: z.int().min(0).max(REQUESTS_MAXIMUM).nullable().meta({ description: 'Requests a second that Stripe allows the account in all; null = Stripe’s default (live 100, test 25), 0 = any number.', example: null }),
  requestsPerSecondPerEndpoint: z.int().min(0).max(REQUESTS_MAXIMUM).nullable().meta({ description: 'Likewise of one endpoint; null = Stripe’s default, 25.', example: null }),
  requestSharePercent: z.int().min(1).max(100).meta({ description: 'How much of both Kana uses, over all its processes; the rest is left to your own programs.', example: 90 }),
};

export const settingsInput = z.strictObject(settings).partial();

const webhookSecret = z
  .string()
  .max(255)
  .refine(isWebhookSecret, 'must be a signing secret, which starts with whsec_')
  .meta({ description: 'The signing secret (whsec_…) of a webhook endpoint that you made by hand. Write-only.', example: 'whsec_…' });

export const connectionInput = z
  .strictObject({
    apiKey: z.string().min(1).max(255).meta({ description: 'A restricted key (rk_…) or a secret key (sk_…). Write-only.', example: 'rk_test_…' }),
    settings: settingsInput.optional(),
    webhookSecret: webhookSecret.optional().meta({ description: 'Where you made a webhook endpoint by hand: its signing secret. Kana then makes none. Write-only.' }),
  })
  .meta({ id: 'StripeConnectionInput' });
export type ConnectionInput = z.output<typeof connectionInput>;

export const connectionChanges = z.strictObject({ settings: settingsInput }).meta({ id: 'StripeConnectionChanges' });
export type ConnectionChanges = z.output<typeof connectionChanges>;

export const keyInput = z.strictObject({ apiKey: connectionInput.shape.apiKey }).meta({ id: 'StripeKeyInput' });
export type KeyInput = z.output<typeof keyInput>;

export const webhookSecretInput = z.strictObject({ secret: webhookSecret }).meta({ id: 'StripeWebhookSecretInput' });
export type WebhookSecretInput = z.output<typeof webhookSecretInput>;

export const webhookRotation = z
  .strictObject({
    secret: webhookSecret.optional().meta({ description: 'Of an endpoint that you made by hand. Left out: Kana makes a new endpoint. Write-only.' }),
    overlapSeconds: z.int().min(0).max(OVERLAP_SECONDS_MAXIMUM).optional().meta({ description: 'How long the secrets before go on. A day unless said otherwise; 0 = they end now.' }),
  })
  .prefault({})
  .meta({ id: 'StripeWebhookRotation' });
export type WebhookRotationInput = z.output<typeof webhookRotation>;

const webhook = z.object({
  state: z.enum(WEBHOOK_STATES).meta({
    description:
      'ACTIVE: Kana made an endpoint in Stripe. BY_HAND: a secret was given. NO_PUBLIC_URL: Stripe cannot reach Kana, which asks for events instead. RIGHT_MISSING, FAILED: `detail` says why there is no endpoint, or why it cannot be looked after.',
  }),
  url: z.string().nullable().meta({ description: 'Where Stripe sends webhooks, or is to.' }),
  detail: z.string().nullable().meta({ description: 'What to do; null = nothing.' }),
});

export const connectionSchema = z
  .object({
    id: z.string(),
    accountId: z.string().meta({ description: 'Stripe’s id of the account; `unknown:…` where the key may not read it.' }),
    mode: z.enum(STRIPE_MODES),
    status: z.enum(['CONNECTED', 'DISCONNECTED']),
    apiKeyHint: z.string().meta({ description: 'Enough of the key to recognise it by.', example: 'rk_test_…9f3a' }),
    permissions: z.array(z.object({ resource: z.string(), granted: z.boolean(), required: z.boolean() })),
    webhook,
    settings: z.object(settings),
    pricesReadAt: isoTime.nullable().meta({ description: 'When the price lists were last read from Stripe; null = not yet.' }),
    syncedThrough: isoTime.nullable().meta({ description: 'Every change in Stripe up to this moment is in Kana; null = nothing was imported yet.' }),
    createdAt: isoTime,
  })
  .meta({ id: 'StripeConnection' });
export type ConnectionDto = z.output<typeof connectionSchema>;

export const connectionList = z.object({ data: z.array(connectionSchema) }).meta({ id: 'StripeConnectionList' });

/** @param syncedThrough RFC 3339 */
export function toConnection(connection: StripeConnection, syncedThrough: string | undefined): ConnectionDto {
  return {
    id: connection.id,
    accountId: connection.accountId,
    mode: connection.mode,
    status: connection.status,
    apiKeyHint: connection.apiKeyHint,
    permissions: connection.permissions,
    webhook: toWebhook(connection),
    settings: connection.settings,
    pricesReadAt: connection.pricesReadAt?.toISOString() ?? null,
    syncedThrough: syncedThrough ?? null,
    createdAt: connection.createdAt.toISOString(),
  };
}

function toWebhook({ webhook: status }: StripeConnection): ConnectionDto['webhook'] {
  const { state, url, detail } = status ?? NO_WEBHOOK;
  return { state, url, detail };
}

export const connectionExample: ConnectionDto = {
  id: 'conn_06f3k2',
  accountId: 'acct_1Q2w3E',
  mode: 'TEST',
  status: 'CONNECTED',
  apiKeyHint: 'rk_test_…9f3a',
  permissions: [{ resource: 'customers', granted: true, required: true }],
  webhook: { state: 'ACTIVE', url: 'https://kana.example.com/webhooks/stripe/conn_06f3k2', detail: null },
  settings: {
    customers: 'SUBSCRIBED',
    emailMatch: 'AUTO',
    userIdMetadataKey: 'kana_user_id',
    pastDueGraceDays: 0,
    pausedCollectionGivesAccess: true,
    basePackageId: null,
    reconcileEveryHours: 24,
    brakePercent: 5,
    brakeUsers: 100,
    requestsPerSecond: null,
    requestsPerSecondPerEndpoint: null,
    requestSharePercent: 90,
  },
  pricesReadAt: '2026-03-01T12:00:00.000Z',
  syncedThrough: null,
  createdAt: '2026-03-01T12:00:00.000Z',
};
