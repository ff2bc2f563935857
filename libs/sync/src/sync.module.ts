import { Module } from '@nestjs/common';

import { SyncEventInbox } from './events/sync-event-inbox.js';
import { SyncEventLedger } from './events/sync-event-ledger.js';
import { EventReplayService } from './events/event-replay.service.js';
import { SyncEventQueries } from './events/sync-event.queries.js';
import { SyncRetention } from './events/sync-retention.js';
import { ImportLedger } from './import-ledger.js';
import { ImportRunService } from './import-run.service.js';
import { IssueService } from './issue.service.js';
import { LaneLedger } from './lanes/lane-ledger.js';
import { StreamQueries } from './stream/stream.queries.js';
import { StreamLedger } from './stream/stream-ledger.js';

const services = [
  EventReplayService,
  ImportLedger,
  ImportRunService,
  IssueService,
  LaneLedger,
  StreamLedger,
  StreamQueries,
  SyncEventInbox,
  SyncEventLedger,
  SyncEventQueries,
  SyncRetention,
];

@Module({ providers: services, exports: services })
export class SyncModule {}
