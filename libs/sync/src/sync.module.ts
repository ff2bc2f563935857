import { Module } from '@nestjs/common';

import { CommandLedger } from './commands/command-ledger.js';
import { CommandOutbox } from './commands/command-outbox.js';
import { CommandQueries } from './commands/command.queries.js';
import { CommandRetention } from './commands/command-retention.js';
import { DryRunLedger } from './dry-run/dry-run-ledger.js';
import { SyncEventInbox } from './events/sync-event-inbox.js';
import { SyncEventLedger } from './events/sync-event-ledger.js';
import { EventReplayService } from './events/event-replay.service.js';
import { SyncEventQueries } from './events/sync-event.queries.js';
import { SyncRetention } from './events/sync-retention.js';
import { ImportControlService } from './import-control.service.js';
import { ImportLedger } from './import-ledger.js';
import { ImportRunService } from './import-run.service.js';
import { IssueService } from './issue.service.js';
import { LaneLedger } from './lanes/lane-ledger.js';
import { RangeLedger } from './ranges/range-ledger.js';
import { AsideLedger } from './reconciliation/aside-ledger.js';
import { DriftLedger } from './reconciliation/drift-ledger.js';
import { ReconciliationService } from './reconciliation/reconciliation.service.js';
import { SampleLedger } from './reconciliation/sample-ledger.js';
import { StreamQueries } from './stream/stream.queries.js';
import { StreamLedger } from './stream/stream-ledger.js';
import { WorkerLedger } from './workers/worker-ledger.js';

const services = [
  AsideLedger,
  CommandLedger,
  CommandOutbox,
  CommandQueries,
  CommandRetention,
  DriftLedger,
  DryRunLedger,
  EventReplayService,
  ImportControlService,
  ImportLedger,
  ImportRunService,
  IssueService,
  LaneLedger,
  RangeLedger,
  ReconciliationService,
  SampleLedger,
  StreamLedger,
  StreamQueries,
  SyncEventInbox,
  SyncEventLedger,
  SyncEventQueries,
  SyncRetention,
  WorkerLedger,
];

@Module({ providers: services, exports: services })
export class SyncModule {}
