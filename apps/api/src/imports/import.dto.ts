import { ROW_DAYS, RUN_KINDS, RUN_STATUSES, type RunScope, type RunWithCounts } from '@app/sync';
import { z } from 'zod';

import { callerId, isoTime, pageOf, pageQuery, stripeId } from '../http/schemas.js';

const SECOND_MS = 1000;
/** As many as one may name. */
const MAX_PRICES = 100;

const importScope = z
  .strictObject({
    liveOnly: z.boolean().optional().meta({ description: 'Leaves out what is canceled or has expired.' }),
    createdSince: isoTime.optional().meta({ description: 'Leaves out subscriptions that were created before.', example: '2026-01-01T00:00:00.000Z' }),
    priceIds: z.array(stripeId).min(1).max(MAX_PRICES).optional().meta({ description: 'Leaves out what has none of these prices.', example: ['price_1Q2w3E'] }),
  })
  .meta({ id: 'ImportScope' });

export const importInput = z
  .strictObject({
    connectionId: callerId.optional().meta({ description: 'May be left out where one account is connected.' }),
    scope: importScope.optional().meta({ description: 'Restricts the import; left out = everything.' }),
    dryRun: z.boolean().default(false).meta({ description: 'Tells what an import would do, and does nothing.' }),
    dryRunId: callerId.optional().meta({ description: 'A dry run that the import is to equal: it is refused where that is not certain any more.', example: 'imp_06f3k2' }),
  })
  .refine(({ dryRun, dryRunId }) => !dryRun || dryRunId === undefined, { path: ['dryRunId'], error: 'must not be given for a dry run itself' })
  .refine(({ dryRunId, scope }) => dryRunId === undefined || scope === undefined, { path: ['scope'], error: 'is the dry run’s' })
  .prefault({})
  .meta({ id: 'ImportInput' });
export type ImportInput = z.output<typeof importInput>;

export const importChange = z
  .strictObject({
    requestSharePercent: z.int().min(1).max(100).nullable().meta({ description: 'The share of Stripe’s limits that the import keeps itself to while it runs, at most its connection’s `requestSharePercent`; null = as much as that.' }),
  })
  .meta({ id: 'ImportChange' });
export type ImportChange = z.output<typeof importChange>;

const count = z.int().min(0);

export const importSchema = z
  .object({
    id: z.string(),
    connectionId: z.string(),
    kind: z.enum(RUN_KINDS),
    status: z.enum(RUN_STATUSES),
    partial: z.boolean().meta({ description: 'It reads a part of the account only, and does not count as a reading of it.' }),
    scope: importScope.nullable().meta({ description: 'What it restricts itself to; null = it reads everything.' }),
    counts: z
      .object({ seen: count, created: count, updated: count, unchanged: count, parked: count, failed: count, partlyParked: count })
      .meta({ description: 'seen = created + updated + unchanged + parked + failed; partlyParked is counted beside.' }),
    users: z
      .object({ matchedByBillingId: count, matchedByMetadata: count, matchedByEmail: count, created: count, conflicts: count })
      .meta({ description: 'Stripe customers that this run linked, by how; those linked before are not counted again.' }),
    requestSharePercent: z.int().nullable().meta({ description: 'The share of Stripe’s limits that the import keeps itself to; null = as much as its connection may.' }),
    progress: z.object({
      percent: z.number().nullable().meta({ description: 'Of the subscriptions that are expected, by what was read of the account before or so far; null while nothing is known.' }),
      perSecond: z.number().nullable().meta({ description: 'Subscriptions a second: lately, or of a run that is over, in all; null while it does not run.' }),
      etaSeconds: z.number().nullable(),
      budgetShare: z.int().nullable().meta({ description: 'The share of Stripe’s limits that it may take, per cent; null when it is over.' }),
    }),
    dryRunId: z.string().nullable().meta({ description: 'Of an import: the dry run that it was to equal.' }),
    rowsKeptUntil: isoTime.nullable().meta({ description: `Of a dry run: when its rows are forgotten, ${ROW_DAYS} days after its end. Those of an import are kept.` }),
    requestedAt: isoTime,
    startedAt: isoTime.nullable(),
    finishedAt: isoTime.nullable(),
    pausedAt: isoTime.nullable(),
    error: z.object({ code: z.string(), detail: z.string(), stripeRequestId: z.string().nullable() }).nullable(),
  })
  .meta({ id: 'ImportRun' });
export type ImportDto = z.output<typeof importSchema>;
export const importPage = pageOf('ImportRunPage', importSchema);

export const importQuery = z.strictObject({ ...pageQuery, connectionId: callerId.optional() });
export type ImportQuery = z.output<typeof importQuery>;
export const importKey = z.tuple([isoTime, z.string()]);

const DAY_MS = 86_400_000;

function toScope({ liveOnly, createdSince, priceIds }: RunScope): NonNullable<ImportDto['scope']> {
  return {
    ...(liveOnly === undefined ? {} : { liveOnly }),
    ...(createdSince === undefined ? {} : { createdSince: new Date(createdSince * SECOND_MS).toISOString() }),
    ...(priceIds === undefined ? {} : { priceIds }),
  };
}

export function toImport({ run, counts, users, progress }: RunWithCounts): ImportDto {
  return {
    id: run.id,
    connectionId: run.connectionId,
    kind: run.kind,
    status: run.status,
    partial: Boolean(run.scope),
    scope: run.scope ? toScope(run.scope) : null,
    counts,
    users,
    dryRunId: run.dryRunId ?? null,
    rowsKeptUntil: run.kind === 'DRY_RUN' && run.finishedAt ? new Date(run.finishedAt.getTime() + ROW_DAYS * DAY_MS).toISOString() : null,
    requestSharePercent: run.requestSharePercent ?? null,
    progress,
    requestedAt: run.requestedAt.toISOString(),
    startedAt: run.startedAt?.toISOString() ?? null,
    finishedAt: run.finishedAt?.toISOString() ?? null,
    pausedAt: run.pausedAt?.toISOString() ?? null,
    error: run.error ?? null,
  };
}

export const importExample: ImportDto = {
  id: 'imp_06f3k2',
  connectionId: 'conn_06f3k2',
  kind: 'IMPORT',
  status: 'COMPLETED',
  partial: false,
  scope: null,
  counts: { seen: 1000, created: 930, updated: 0, unchanged: 0, parked: 70, failed: 0, partlyParked: 25 },
  users: { matchedByBillingId: 3, matchedByMetadata: 12, matchedByEmail: 110, created: 810, conflicts: 4 },
  dryRunId: null,
  rowsKeptUntil: null,
  requestSharePercent: null,
  progress: { percent: 100, perSecond: 480.5, etaSeconds: 0, budgetShare: null },
  requestedAt: '2026-03-01T12:00:00.000Z',
  startedAt: '2026-03-01T12:00:00.100Z',
  finishedAt: '2026-03-01T12:00:02.200Z',
  pausedAt: null,
  error: null,
};

export const pausedImportExample: ImportDto = {
  ...importExample,
  status: 'PAUSED',
  progress: { percent: 41, perSecond: null, etaSeconds: null, budgetShare: 90 },
  finishedAt: null,
  pausedAt: '2026-03-01T12:00:01.500Z',
};
