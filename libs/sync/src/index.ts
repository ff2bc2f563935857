/**
 * Owns the ledgers of synchronisation: events and lanes, commands to Stripe, import runs, dry runs and reconciliations
 * with their ranges, rows and drift, sync issues, the workers that carry all that out; and the rule which
 * reading of Stripe may overwrite which. Decides nothing about packages.
 */
export { describeIssue, type IssueWords } from './describe-issue.js';
export { ImportControlService } from './import-control.service.js';
export { ImportLedger, LeaseLostError, type ClaimedRun } from './import-ledger.js';
export { IMPORT_ROW_TABLE, RangeLedger, type CreatedStretch, type HeldRange, type ImportRowFacts, type PageCounts, type RangesLeft, type RangesToHelp, type RangeState } from './ranges/range-ledger.js';
export { followAbsorbed } from './follow-absorbed.js';
export { DryRunLedger, ROW_DAYS, type ClaimedDryRun } from './dry-run/dry-run-ledger.js';
export { ImportAccessChange } from './dry-run/access-change-row.entity.js';
export { ImportRange, ImportRow, ImportRun, ROW_RESULTS, RUN_KINDS, RUN_STATUSES, type CarryingKind, type GroundMarks, type RangeResource, type RowPackage, type RowResult, type RunBrake, type RunError, type RunKind, type RunScope, type RunStatus } from './import-run.entity.js';
export { ImportRunService, type RunCounts, type RunUserCounts, type RunWithCounts } from './import-run.service.js';
export { ISSUE_KINDS, ISSUE_STATUSES, SUBJECT_TYPES, type IssueKind, type IssueStatus, type SubjectType } from './issue-kinds.js';
export { issueClosed, IssueService, SYNC_ISSUE_TABLE, type IssueFilter, type IssueIgnored, type WantedIssue } from './issue.service.js';
export { SyncIssue } from './sync-issue.entity.js';
export { NEVER, type Bounds } from './freshness/bounds.js';
export { readPause, type UnreadObject } from './freshness/read-pause.js';
export { settleEvents, type ObjectHint, type ObjectRow, type Settlement } from './freshness/settle-events.js';
export { settlePage, type PageVerdict } from './freshness/settle-page.js';
export type { FailureKind } from './freshness/settle-retry.js';
export { SyncEventInbox, type IncomingEvent } from './events/sync-event-inbox.js';
export { SyncEventLedger, type EventDelay, type EventFailure, type EventOutcome, type OpenEvent } from './events/sync-event-ledger.js';
export { COMMAND_KINDS, COMMAND_STATES, SyncCommand, type CommandError, type CommandKind, type CommandResult, type CommandState } from './commands/command.entity.js';
export { keyOf } from './commands/command-of-key.js';
export { CLAIM, CommandLedger, type ClaimedCommand } from './commands/command-ledger.js';
export { CommandOutbox, orderingKey, type CommandSubject, type NewCommand } from './commands/command-outbox.js';
export { CommandQueries, type CommandFacts, type CommandFilter } from './commands/command.queries.js';
export { CommandRetention } from './commands/command-retention.js';
export { NEEDS_SOMEBODY } from './commands/needs-somebody.js';
export { describeEvent } from './events/describe-event.js';
export { EventReplayService } from './events/event-replay.service.js';
export { SyncEventQueries, type EventDetails, type EventFacts } from './events/sync-event.queries.js';
export { SyncRetention } from './events/sync-retention.js';
export { EVENT_RESULTS, EVENT_SOURCES, SyncEvent, type EventError, type EventResult, type EventSource } from './events/sync-event.entity.js';
export { laneKey, LaneLedger, type LaneLease, type LaneState, type ObjectKey, type SettledLane } from './lanes/lane-ledger.js';
export { OBJECT_TYPES, SyncLane, type ObjectType } from './lanes/lane.entity.js';
export { SyncStream } from './stream/sync-stream.entity.js';
export { OVERLAP_SECONDS, resolvePollPass, resolvePollPosition, type EventMark, type PolledPage, type PollGround, type PollPass } from './stream/resolve-poll-pass.js';
export { KEPT_BY } from './stream/resolve-liveness.js';
export { resolveSyncedThrough } from './stream/resolve-synced-through.js';
export { StreamQueries, type StreamStatus } from './stream/stream.queries.js';
export { StreamLedger, StreamLostError, type ClaimedStream, type PollPace } from './stream/stream-ledger.js';
export { ASIDE_OBJECT_TABLE, AsideLedger, type AsideFact, type AsidePart } from './reconciliation/aside-ledger.js';
export { AsideObject, type AsideReason } from './reconciliation/aside-object.entity.js';
export { checkBrake, type BrakeLoad } from './reconciliation/check-brake.js';
export { DRIFT_ROW_TABLE, DriftLedger, NO_DRIFT, type DriftCounts } from './reconciliation/drift-ledger.js';
export { DRIFT_KINDS, DRIFT_STATES, DriftRow, type DriftFact, type DriftKind, type DriftState } from './reconciliation/drift-row.entity.js';
export { ReconciliationService, type ReconciliationView } from './reconciliation/reconciliation.service.js';
export { SampleLedger } from './reconciliation/sample-ledger.js';
export { SampleWalk } from './reconciliation/sample-walk.entity.js';
export { WORKER_AWAY_SECONDS, WorkerLedger, type WorkerFacts, type WorkerIdentity } from './workers/worker-ledger.js';
export { WorkerProcess } from './workers/worker-process.entity.js';
export { SyncModule } from './sync.module.js';
