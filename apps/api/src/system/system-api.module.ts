import { Readiness } from '@app/database';
import { SubscriptionsModule } from '@app/subscriptions';
import { Module } from '@nestjs/common';

import { ConnectionExamination } from './connection-examination.js';
import { DoctorController } from './doctor.controller.js';
import { Examination } from './examination.js';

@Module({ imports: [SubscriptionsModule], controllers: [DoctorController], providers: [Readiness, Examination, ConnectionExamination] })
export class SystemApiModule {}
