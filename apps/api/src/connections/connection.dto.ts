import { EMAIL_MATCH_POLICIES, STRIPE_MODES, type StripeConnection } from '@app/stripe';
import { z } from 'zod';

import { callerId, isoTime } from '../http/schemas.js';

const GRACE_DAYS_MAXIMUM = 90;

const settings = {
  customers: z.enum(['SUBSCRIBED', 'ALL']).meta({ description: 'ALL also makes users of customers without a subscription.' }),
  emailMatch: z.enum(EMAIL_MATCH_POLICIES).meta({ description: 'Whether a customer is linked to the one user with its email.' }),
  userIdMetadataKey: z.string().min(1).max(40).meta({ description: 'The metadata key of Stripe customers that names the user.', example: 'kana_user_id' }),
  pastDueGraceDays: z.int().min(0).max(GRACE_DAYS_MAXIMUM).meta({ description: 'Days of access after an unpaid period began: of all items, the latest period. Where Stripe goes on billing what is not paid, each period has them anew.', example: 0 }),
  pausedCollectionGivesAccess: z.boolean(),
  basePackageId: callerId.nullable().meta({ description: 'The base package that a Stripe subscription as a whole stands for; null = none.' }),
};

export const settingsInput = z.strictObject(settings).partial();

export const connectionInput = z
  .strictObject({
    apiKey: z.string().min(1).max(255).meta({ description: 'A restricted key (rk_…) or a secret key (sk_…). Write-only.', example: 'rk_test_…' }),
    settings: settingsInput.optional(),
  })
  .meta({ id: 'StripeConnectionInput' });
export type ConnectionInput = z.output<typeof connectionInput>;

export const connectionChanges = z.strictObject({ settings: settingsInput }).meta({ id: 'StripeConnectionChanges' });
export type ConnectionChanges = z.output<typeof connectionChanges>;

export const keyInput = z.strictObject({ apiKey: connectionInput.shape.apiKey }).meta({ id: 'StripeKeyInput' });
export type KeyInput = z.output<typeof keyInput>;

export const connectionSchema = z
  .object({
    id: z.string(),
    accountId: z.string().meta({ description: 'Stripe’s id of the account; `unknown:…` where the key may not read it.' }),
    mode: z.enum(STRIPE_MODES),
    status: z.enum(['CONNECTED', 'DISCONNECTED']),
    apiKeyHint: z.string().meta({ description: 'Enough of the key to recognise it by.', example: 'rk_test_…9f3a' }),
    permissions: z.array(z.object({ resource: z.string(), granted: z.boolean(), required: z.boolean() })),
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
    settings: connection.settings,
    pricesReadAt: connection.pricesReadAt?.toISOString() ?? null,
    syncedThrough: syncedThrough ?? null,
    createdAt: connection.createdAt.toISOString(),
  };
}

export const connectionExample: ConnectionDto = {
  id: 'conn_06f3k2',
  accountId: 'acct_1Q2w3E',
  mode: 'TEST',
  status: 'CONNECTED',
  apiKeyHint: 'rk_test_…9f3a',
  permissions: [{ resource: 'customers', granted: true, required: true }],
  settings: {
    customers: 'SUBSCRIBED',
    emailMatch: 'AUTO',
    userIdMetadataKey: 'kana_user_id',
    pastDueGraceDays: 0,
    pausedCollectionGivesAccess: true,
    basePackageId: null,
  },
  pricesReadAt: '2026-03-01T12:00:00.000Z',
  syncedThrough: null,
  createdAt: '2026-03-01T12:00:00.000Z',
};
