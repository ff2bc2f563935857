import { Module } from '@nestjs/common';

import { EntitlementsModule } from '../../entitlements/entitlements.module.js';
import { SubscriptionsModule } from '../../subscriptions.module.js';
import { AccessForecast } from './access-forecast.js';
import { CommandPreviewService } from './command-preview.service.js';
import { SubscribePreviewService } from './subscribe-preview.service.js';

/** Previews of commands: what needs both the applier and the check. */
@Module({
  imports: [SubscriptionsModule, EntitlementsModule],
  providers: [AccessForecast, CommandPreviewService, SubscribePreviewService],
  exports: [CommandPreviewService, SubscribePreviewService],
})
export class CommandPreviewModule {}
