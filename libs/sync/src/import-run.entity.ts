import { defineEntity, p } from '@mikro-orm/core';

/**
 * A `RECONCILIATION` reads what an import reads, tells what differed, and asks before it takes access from many (rule Y5). A
 * `DRY_RUN` is an import of a copy: it tells what an import would do, and does nothing (rule Y6).
 */
export const RUN_KINDS = ['IMPORT', 'DRY_RUN', 'RECONCILIATION'] as const;
export type RunKind = (typeof RUN_KINDS)[number];
/** Of a run that carries something over. */
export type CarryingKind = Exclude<RunKind, 'DRY_RUN'>;

/** `PAUSED`: waits for a human's word, and is in nobody's way. `CANCELLED`: by a human, or another run was asked for while it waited. */
export const RUN_STATUSES = ['QUEUED', 'RUNNING', 'PAUSED', 'COMPLETED', 'FAILED', 'CANCELLED'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** Why a run failed: a stable code and a sentence, with Stripe's request id where Stripe said no. */
export interface RunError {
  code: string;
  detail: string;
  stripeRequestId: string | null;
}

/** What an import restricts itself to: at least one of these. It never counts as a reading of the whole account. */
export interface RunScope {
  /** Leaves out what has ended. */
  liveOnly?: true;
  /** Reads what was created in this second or later. */
  createdSince?: number;
  /** Reads what has one of these prices. */
  priceIds?: string[];
}

/** Why a reconciliation stopped and asks (rule Y5): what it would take, as far as it has read. */
export interface RunBrake {
  /** Users from whom a package would be taken, of those with access. */
  usersLosingAccess: number;
  usersWithAccess: number;
  /** Subscriptions that Kana holds as live and Stripe does not know, of all live ones. */
  goneSubscriptions: number;
  liveSubscriptions: number;
  /** Not read yet, when it stopped. */
  unreadObjects: number;
  limits: { percent: number; users: number };
}

/** What a dry run has built on, part by part: how many rows, and a digest of them all. Equal marks, equal ground. */
export type GroundMarks = Record<string, { count: number; digest: string }>;

const runSchema = defineEntity({
  name: 'ImportRun',
  tableName: 'import_run',
  properties: {
    id: p.text().primary(),
    connectionId: p.text(),
    kind: p.enum(RUN_KINDS),
    status: p.enum(RUN_STATUSES),
    requestedBy: p.text(),
    requestedAt: p.datetime(6),
    /** Null = it reads everything. */
    scope: p.json<RunScope>().nullable(),
    startedAt: p.datetime(6).nullable(),
    /** When it began to read, whole seconds by Stripe's clock. */
    stripeBegan: p.bigint('number').nullable(),
    finishedAt: p.datetime(6).nullable(),
    /** Of an import that a human has paused: since when; and how long it was before, and up to when. */
    pausedAt: p.datetime(6).nullable(),
    pausedSeconds: p.integer().default(0),
    resumedAt: p.datetime(6).nullable(),
    error: p.json<RunError>().nullable(),
    /** The share of Stripe's limits that it keeps itself to, where that is less than its connection's. */
    requestSharePercent: p.integer().nullable(),
    /** Of a reconciliation: what made it stop, and who let it go on. */
    brake: p.json<RunBrake>().nullable(),
    approvedBy: p.text().nullable(),
    approvedAt: p.datetime(6).nullable(),
    /** Of an import: the dry run that it was to equal. */
    dryRunId: p.text().nullable(),
    /** Of a dry run: what it has built on; null when its rows are forgotten. */
    marks: p.json<GroundMarks>().nullable(),
    /** The worker that has it, until when, and a number that grows with each taking: a late worker writes nothing. */
    leaseOwner: p.text().nullable(),
    leaseUntil: p.datetime(6).nullable(),
    /**
     * Of a dry run, in the place of `leaseUntil`, which never ends as long as it is open: a worker of the version before knows
     * no dry runs, and would import in earnest what it may take.
     */
    dryLeaseUntil: p.datetime(6).nullable(),
    fence: p.integer(),
  },
  indexes: [{ properties: ['requestedAt', 'id'] }],
  uniques: [
    { name: 'import_run_one_active', properties: 'connectionId', where: `status in ('QUEUED', 'RUNNING')` },
  ],
});

/** One pass over all of a Stripe account's subscriptions. */
export class ImportRun extends runSchema.class {}
runSchema.setClass(ImportRun);

/** What a range goes through: one of Stripe's lists, or what its run has put aside to read by itself. */
const RANGE_RESOURCES = ['SUBSCRIPTIONS', 'CUSTOMERS', 'OBJECTS'] as const;
export type RangeResource = (typeof RANGE_RESOURCES)[number];

const rangeSchema = defineEntity({
  name: 'ImportRange',
  tableName: 'import_range',
  properties: {
    runId: () => p.manyToOne(ImportRun).mapToPk().primary().fieldName('run_id'),
    number: p.integer().primary(),
    /** What the range lists. */
    resource: p.enum(RANGE_RESOURCES),
    /** What it lists of `created`, whole seconds: from this one on, and before that one; null = open on that side. */
    createdFrom: p.bigint('number').nullable(),
    createdBefore: p.bigint('number').nullable(),
    /** The last object of the last page applied; the next page starts after it. */
    cursor: p.text().nullable(),
    lastCreatedAt: p.datetime(6).nullable(),
    /** Of a reconciliation: the objects met in the second of `lastCreatedAt`, of which the next page may show more. */
    metLast: p.json<string[]>().defaultRaw(`'[]'`),
    done: p.boolean(),
    /** The worker that has it, until when, and a number that grows with each taking: a late worker writes nothing. */
    leaseOwner: p.text().nullable(),
    leaseUntil: p.datetime(6).nullable(),
    fence: p.integer().default(0),
    /** What it has counted last: in the window of its last page (`WINDOW_SECONDS`, numbered since 1970), and in the one before that. */
    windowAt: p.integer().nullable(),
    windowSeen: p.integer().default(0),
    windowBefore: p.integer().default(0),
    /** Up to when its pages may have been read, whole seconds by Stripe's clock; null = none yet. */
    readTo: p.bigint('number').nullable(),
    pages: p.integer(),
    created: p.integer(),
    updated: p.integer(),
    unchanged: p.integer(),
    parked: p.integer(),
    failed: p.integer(),
    partlyParked: p.integer(),
    matchedByBillingId: p.integer(),
    matchedByMetadata: p.integer(),
    matchedByEmail: p.integer(),
    usersCreated: p.integer(),
    conflicts: p.integer(),
  },
});

/** A part of a run with its own cursor and counts; a run's counts are the sums over its ranges. */
export class ImportRange extends rangeSchema.class {}
rangeSchema.setClass(ImportRange);

export const ROW_RESULTS = ['CREATED', 'UPDATED', 'UNCHANGED', 'PARKED', 'FAILED'] as const;
export type RowResult = (typeof ROW_RESULTS)[number];

/** One package that a Stripe subscription stands for. */
export interface RowPackage {
  packageId: string;
  /** null where a dry run would create it. */
  subscriptionId: string | null;
  status: string;
}

const rowSchema = defineEntity({
  name: 'ImportRow',
  tableName: 'import_row',
  properties: {
    runId: () => p.manyToOne(ImportRun).mapToPk().primary().fieldName('run_id'),
    stripeSubscriptionId: p.text().primary(),
    result: p.enum(ROW_RESULTS),
    userKey: p.text().nullable(),
    /** Of a dry run: the id of a user who would be created. */
    userId: p.text().nullable(),
    matchedBy: p.text().nullable(),
    packages: p.json<RowPackage[]>(),
    reasons: p.json<string[]>(),
    parkedItems: p.integer(),
    /** Of a FAILED one: since when it is stored after all; null = it is not. */
    storedAt: p.datetime(6).nullable(),
  },
  indexes: [
    { properties: ['runId', 'result', 'stripeSubscriptionId'] },
    { properties: 'userKey' },
    { name: 'import_row_refused', properties: ['stripeSubscriptionId'], where: `result = 'FAILED' and stored_at is null` },
  ],
});

/** What one run did with one Stripe subscription. Unchanged ones are counted, not stored. */
export class ImportRow extends rowSchema.class {}
rowSchema.setClass(ImportRow);
