import { Readiness } from '@app/database';
import { Module } from '@nestjs/common';

import { HealthController } from './health.controller.js';

@Module({ controllers: [HealthController], providers: [Readiness] })
export class HealthApiModule {}
