import { Module } from '@nestjs/common';

import { SyncEventInbox } from './events/sync-event-inbox.js';
import { SyncEventLedger } from './events/sync-event-ledger.js';
import { ImportLedger } from './import-ledger.js';
import { ImportRunService } from './import-run.service.js';
import { IssueService } from './issue.service.js';
import { LaneLedger } from './lanes/lane-ledger.js';

const services = [ImportLedger, ImportRunService, IssueService, LaneLedger, SyncEventInbox, SyncEventLedger];

@Module({ providers: services, exports: services })
export class SyncModule {}
