import { Module } from '@nestjs/common';

import { EntitlementsModule } from '../entitlements/entitlements.module.js';
import { UsagePeriodsService } from './usage-periods.service.js';
import { UsageService } from './usage.service.js';

/** Records usage and shows it. Needs an `EntityManager`, a `Clock` and an `IdFactory` from the app. */
@Module({ imports: [EntitlementsModule], providers: [UsageService, UsagePeriodsService], exports: [UsageService, UsagePeriodsService] })
export class UsageModule {}
