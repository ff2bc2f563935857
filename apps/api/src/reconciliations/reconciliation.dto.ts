import { DRIFT_KINDS, DRIFT_STATES, type DriftRow, type ReconciliationView } from '@app/sync';
import { z } from 'zod';

import { callerId, isoTime, pageOf, pageQuery, stripeId } from '../http/schemas.js';
import { importExample, importSchema, toImport } from '../imports/import.dto.js';

const count = z.int().min(0);

export const reconciliationInput = z
  .strictObject({ connectionId: callerId.optional().meta({ description: 'May be left out where one account is connected.' }) })
  .prefault({})
  .meta({ id: 'ReconciliationInput' });
export type ReconciliationInput = z.output<typeof reconciliationInput>;

const brakeSchema = z.object({
  usersLosingAccess: count.meta({ description: 'Users from whom a package would be taken.' }),
  usersWithAccess: count,
  goneSubscriptions: count.meta({ description: 'Subscriptions that are live in Kana and that Stripe does not know.' }),
  liveSubscriptions: count,
  unreadObjects: count.meta({ description: 'Not read yet when it stopped: it would take at least what is counted here.' }),
  limits: z.object({ percent: z.number(), users: count }),
});

export const reconciliationSchema = importSchema
  .extend({
    drift: z
      .object({ objects: count, byKind: z.record(z.string(), count) })
      .meta({ description: 'What differed: objects, and fields by kind.' }),
    brake: brakeSchema.nullable().meta({ description: 'Why it stopped and asks, or did; null = it did not.' }),
    approvedAt: isoTime.nullable(),
  })
  .meta({ id: 'Reconciliation' });
export type ReconciliationDto = z.output<typeof reconciliationSchema>;
export const reconciliationPage = pageOf('ReconciliationPage', reconciliationSchema);

export const driftSchema = z
  .object({
    objectType: z.enum(['SUBSCRIPTION', 'CUSTOMER', 'PRICE', 'PRODUCT']),
    stripeId: z.string(),
    userId: z.string().nullable(),
    kind: z.enum(DRIFT_KINDS),
    field: z.string().meta({ description: 'Items and package subscriptions by their ids.', example: 'items[si_1Q2w3E].quantity' }),
    before: z.unknown().meta({ description: 'As Kana had it; null = nothing.' }),
    after: z.unknown().meta({ description: 'As Stripe has it.' }),
    state: z.enum(DRIFT_STATES).meta({ description: 'HELD: not carried over yet, as it would take access.' }),
    foundAt: isoTime,
  })
  .meta({ id: 'Drift' });
export type DriftDto = z.output<typeof driftSchema>;
export const driftPage = pageOf('DriftPage', driftSchema);

export const driftQuery = z.strictObject({
  ...pageQuery,
  kind: z.enum(DRIFT_KINDS).optional(),
  state: z.enum(DRIFT_STATES).optional(),
  objectType: z.enum(['SUBSCRIPTION', 'CUSTOMER']).optional(),
  stripeId: stripeId.optional(),
});
export type DriftQuery = z.output<typeof driftQuery>;
export const driftKey = z.tuple([z.enum(['SUBSCRIPTION', 'CUSTOMER', 'PRICE', 'PRODUCT']), z.string(), z.string()]);

export function toReconciliation(view: ReconciliationView): ReconciliationDto {
  const { run, drift } = view;
  return { ...toImport(view), drift: { objects: drift.objects, byKind: drift.byKind }, brake: run.brake ?? null, approvedAt: run.approvedAt?.toISOString() ?? null };
}

export function toDrift(row: DriftRow, userIds: ReadonlyMap<string, string>): DriftDto {
  return {
    objectType: row.objectType,
    stripeId: row.objectId,
    userId: row.userKey ? (userIds.get(row.userKey) ?? null) : null,
    kind: row.kind,
    field: row.field,
    before: row.before ?? null,
    after: row.after ?? null,
    state: row.state,
    foundAt: row.foundAt.toISOString(),
  };
}

export const reconciliationExample: ReconciliationDto = {
  ...importExample,
  id: 'recon_06f3k2',
  kind: 'RECONCILIATION',
  counts: { seen: 1000, created: 0, updated: 3, unchanged: 927, parked: 70, failed: 0, partlyParked: 25 },
  users: { matchedByBillingId: 0, matchedByMetadata: 0, matchedByEmail: 0, created: 0, conflicts: 0 },
  drift: { objects: 3, byKind: { STATUS: 1, QUANTITY: 2, PACKAGES: 3 } },
  brake: null,
  approvedAt: null,
};

export const pausedExample: ReconciliationDto = {
  ...reconciliationExample,
  status: 'PAUSED',
  finishedAt: null,
  brake: { usersLosingAccess: 180, usersWithAccess: 810, goneSubscriptions: 0, liveSubscriptions: 901, unreadObjects: 0, limits: { percent: 5, users: 100 } },
};

export const driftExample: DriftDto = {
  objectType: 'SUBSCRIPTION',
  stripeId: 'sub_1Q2w3E',
  userId: 'ann@example.com',
  kind: 'QUANTITY',
  field: 'items[si_1Q2w3E].quantity',
  before: 3,
  after: 5,
  state: 'APPLIED',
  foundAt: '2026-03-01T12:00:01.000Z',
};
