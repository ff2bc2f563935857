import { CustomersModule } from '@app/customers';
import { CommandPreviewModule, SubscriptionsModule } from '@app/subscriptions';
import { Module } from '@nestjs/common';

import { CommandDesk } from './command-desk.js';
import { CommandList } from './command-list.js';
import { CommandController } from './command.controller.js';
import { PreviewController } from './preview.controller.js';

@Module({ imports: [SubscriptionsModule, CommandPreviewModule, CustomersModule], controllers: [PreviewController, CommandController], providers: [CommandDesk, CommandList], exports: [CommandDesk] })
export class CommandsApiModule {}
