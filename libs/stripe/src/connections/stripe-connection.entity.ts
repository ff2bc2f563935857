import { defineEntity, p } from '@mikro-orm/core';

export const STRIPE_MODES = ['TEST', 'LIVE'] as const;
export type StripeMode = (typeof STRIPE_MODES)[number];

export const EMAIL_MATCH_POLICIES = ['AUTO', 'VERIFIED_ONLY', 'REVIEW'] as const;
export type EmailMatchPolicy = (typeof EMAIL_MATCH_POLICIES)[number];

/** What a company decides per Stripe account; the defaults are the product's rules. */
export interface ConnectionSettings {
  /** U1: customers without a subscription are left out unless `ALL`. */
  customers: 'SUBSCRIBED' | 'ALL';
  /** U2 (c). */
  emailMatch: EmailMatchPolicy;
  /** U2 (b): the metadata key on a Stripe customer that names the Kana user. */
  userIdMetadataKey: string;
  /** S2: days of access after the unpaid period began. */
  pastDueGraceDays: number;
  /** S2. */
  pausedCollectionGivesAccess: boolean;
  /** M3: the base package that a Stripe subscription as a whole stands for. */
  basePackageId: string | null;
  /** Y5: hours between two reconciliations; 0 = only when asked for, and no sample is looked at in between. */
  reconcileEveryHours: number;
  /** Y5: a reconciliation asks before it takes access from more than so many per cent of the users with access … */
  brakePercent: number;
  /** … or from more than so many users. */
  brakeUsers: number;
  /** Y8: requests a second that Stripe allows the account in all; null = Stripe's default for the mode, 0 = any number. */
  requestsPerSecond: number | null;
  /** … and of one endpoint. */
  requestsPerSecondPerEndpoint: number | null;
  /** Y8: how much of that is Kana's. */
  requestSharePercent: number;
}

/** One right of a key and whether the key has it (rule N1). */
export interface KeyPermission {
  resource: string;
  granted: boolean;
  required: boolean;
}

/**
 * `ACTIVE`: Kana made an endpoint in Stripe. `BY_HAND`: somebody made one and gave its secret. `NO_PUBLIC_URL`: Stripe cannot
 * reach Kana, which asks for events instead. `RIGHT_MISSING`, `FAILED`: the endpoint could not be made, or looked after.
 */
export const WEBHOOK_STATES = ['ACTIVE', 'BY_HAND', 'NO_PUBLIC_URL', 'RIGHT_MISSING', 'FAILED', 'DISCONNECTED'] as const;

/** How Stripe's webhooks come to a connection. */
export interface WebhookStatus {
  state: (typeof WEBHOOK_STATES)[number];
  /** Where Stripe sends them, or would. */
  url: string | null;
  /** What is to be done, in a sentence; null = nothing. */
  detail: string | null;
  /** Stripe's id of the endpoint that Kana made. */
  endpointId: string | null;
}

const connectionSchema = defineEntity({
  name: 'StripeConnection',
  tableName: 'stripe_connection',
  properties: {
    id: p.text().primary(),
    /** Stripe's account id, or `unknown:<hash>` for a key that may not read it. */
    accountId: p.text(),
    mode: p.enum(STRIPE_MODES),
    status: p.enum(['CONNECTED', 'DISCONNECTED'] as const),
    sealedApiKey: p.text().nullable().hidden(),
    /** The key's kind and last four characters: enough to recognise it by. */
    apiKeyHint: p.text(),
    permissions: p.json<KeyPermission[]>(),
    settings: p.json<ConnectionSettings>(),
    /** Null where nobody has looked yet. */
    webhook: p.json<WebhookStatus>().nullable(),
    pricesReadAt: p.datetime(6).nullable(),
    /** As the version before left it, and reads it during an upgrade: `sync_stream` has it now. The column goes with the next version. */
    syncedThrough: p.datetime(6).nullable(),
    createdAt: p.datetime(6),
    updatedAt: p.datetime(6),
  },
  uniques: [{ properties: ['accountId', 'mode'] }],
});

/** One connected Stripe account (rules N1–N5). Everything read from Stripe is keyed by (connection, Stripe id). */
export class StripeConnection extends connectionSchema.class {}
connectionSchema.setClass(StripeConnection);
