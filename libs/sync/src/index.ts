/** Owns the ledgers of synchronisation: import runs, their ranges and rows, sync issues. Decides nothing about packages. */
export { ImportRange, ImportRow, ImportRun, ROW_RESULTS, RUN_KINDS, RUN_STATUSES, type RowPackage, type RowResult, type RunError, type RunKind, type RunStatus } from './import-run.entity.js';
export { ISSUE_KINDS, SUBJECT_TYPES, type IssueKind, type SubjectType } from './issue-kinds.js';
export { SyncIssue } from './sync-issue.entity.js';
