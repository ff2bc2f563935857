import { AccessModule } from '@app/access';
import { Module } from '@nestjs/common';

import { AuditLog } from './audit-log.js';
import { AuditController } from './audit.controller.js';
import { CallContext } from './call-context.js';
import { CallRecorder } from './call-recorder.js';

@Module({ imports: [AccessModule], controllers: [AuditController], providers: [AuditLog, CallContext, CallRecorder], exports: [CallContext, CallRecorder] })
export class AuditModule {}
