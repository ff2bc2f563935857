import { ROW_DAYS, RUN_KINDS, RUN_STATUSES, type RunWithCounts } from '@app/sync';
import { z } from 'zod';

import { callerId, isoTime, pageOf, pageQuery } from '../http/schemas.js';

export const importInput = z
  .strictObject({
    connectionId: callerId.optional().meta({ description: 'May be left out where one account is connected.' }),
    dryRun: z.boolean().default(false).meta({ description: 'Tells what an import would do, and does nothing.' }),
    dryRunId: callerId.optional().meta({ description: 'A dry run that the import is to equal: it is refused where that is not certain any more.', example: 'imp_06f3k2' }),
  })
  .refine(({ dryRun, dryRunId }) => !dryRun || dryRunId === undefined, { path: ['dryRunId'], error: 'must not be given for a dry run itself' })
  .prefault({})
  .meta({ id: 'ImportInput' });
export type ImportInput = z.output<typeof importInput>;

const count = z.int().min(0);

export const importSchema = z
  .object({
    id: z.string(),
    connectionId: z.string(),
    kind: z.enum(RUN_KINDS),
    status: z.enum(RUN_STATUSES),
    counts: z
      .object({ seen: count, created: count, updated: count, unchanged: count, parked: count, failed: count, partlyParked: count })
      .meta({ description: 'seen = created + updated + unchanged + parked + failed; partlyParked is counted beside.' }),
    users: z
      .object({ matchedByBillingId: count, matchedByMetadata: count, matchedByEmail: count, created: count, conflicts: count })
      .meta({ description: 'Stripe customers that this run linked, by how; those linked before are not counted again.' }),
    progress: z.object({
      percent: z.number().nullable().meta({ description: 'null while Stripe has not told where the end is.' }),
      perSecond: z.number().nullable(),
      etaSeconds: z.number().nullable(),
    }),
    dryRunId: z.string().nullable().meta({ description: 'Of an import: the dry run that it was to equal.' }),
    rowsKeptUntil: isoTime.nullable().meta({ description: `Of a dry run: when its rows are forgotten, ${ROW_DAYS} days after its end. Those of an import are kept.` }),
    requestedAt: isoTime,
    startedAt: isoTime.nullable(),
    finishedAt: isoTime.nullable(),
    error: z.object({ code: z.string(), detail: z.string(), stripeRequestId: z.string().nullable() }).nullable(),
  })
  .meta({ id: 'ImportRun' });
export type ImportDto = z.output<typeof importSchema>;
export const importPage = pageOf('ImportRunPage', importSchema);

export const importQuery = z.strictObject({ ...pageQuery, connectionId: callerId.optional() });
export type ImportQuery = z.output<typeof importQuery>;
export const importKey = z.tuple([isoTime, z.string()]);

const MILLISECONDS = 1000;
const DAY_MS = 86_400_000;

/** @param now ends the time that the rate is counted over while the run is under way */
export function toImport({ run, counts, users }: RunWithCounts, now: Date): ImportDto {
  const seconds = run.startedAt ? ((run.finishedAt ?? now).getTime() - run.startedAt.getTime()) / MILLISECONDS : 0;
  return {
    id: run.id,
    connectionId: run.connectionId,
    kind: run.kind,
    status: run.status,
    counts,
    users,
    progress: {
      percent: run.status === 'COMPLETED' ? 100 : null,
      perSecond: seconds > 0 ? Math.round((counts.seen / seconds) * 10) / 10 : null,
      etaSeconds: run.status === 'COMPLETED' ? 0 : null,
    },
    dryRunId: run.dryRunId ?? null,
    rowsKeptUntil: run.kind === 'DRY_RUN' && run.finishedAt ? new Date(run.finishedAt.getTime() + ROW_DAYS * DAY_MS).toISOString() : null,
    requestedAt: run.requestedAt.toISOString(),
    startedAt: run.startedAt?.toISOString() ?? null,
    finishedAt: run.finishedAt?.toISOString() ?? null,
    error: run.error ?? null,
  };
}

export const importExample: ImportDto = {
  id: 'imp_06f3k2',
  connectionId: 'conn_06f3k2',
  kind: 'IMPORT',
  status: 'COMPLETED',
  counts: { seen: 1000, created: 930, updated: 0, unchanged: 0, parked: 70, failed: 0, partlyParked: 25 },
  users: { matchedByBillingId: 3, matchedByMetadata: 12, matchedByEmail: 110, created: 810, conflicts: 4 },
  progress: { percent: 100, perSecond: 480.5, etaSeconds: 0 },
  dryRunId: null,
  rowsKeptUntil: null,
  requestedAt: '2026-03-01T12:00:00.000Z',
  startedAt: '2026-03-01T12:00:00.100Z',
  finishedAt: '2026-03-01T12:00:02.200Z',
  error: null,
};
