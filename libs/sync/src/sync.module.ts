import { Module } from '@nestjs/common';

import { ImportLedger } from './import-ledger.js';
import { ImportRunService } from './import-run.service.js';
import { IssueService } from './issue.service.js';

@Module({ providers: [ImportLedger, ImportRunService, IssueService], exports: [ImportLedger, ImportRunService, IssueService] })
export class SyncModule {}
