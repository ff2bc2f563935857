/** Owns the ledgers of synchronisation: import runs, their ranges and rows, sync issues. Decides nothing about packages. */
export { describeIssue, type IssueWords } from './describe-issue.js';
export { IMPORT_ROW_TABLE, ImportLedger, LeaseLostError, type ClaimedRun, type ImportRowFacts, type PageCounts, type RangeState } from './import-ledger.js';
export { ImportRange, ImportRow, ImportRun, ROW_RESULTS, RUN_KINDS, RUN_STATUSES, type RowPackage, type RowResult, type RunError, type RunKind, type RunStatus } from './import-run.entity.js';
export { ImportRunService, type RunCounts, type RunUserCounts, type RunWithCounts } from './import-run.service.js';
export { ISSUE_KINDS, SUBJECT_TYPES, type IssueKind, type SubjectType } from './issue-kinds.js';
export { IssueService, SYNC_ISSUE_TABLE, type IssueFilter, type WantedIssue } from './issue.service.js';
export { SyncIssue } from './sync-issue.entity.js';
export { SyncModule } from './sync.module.js';
