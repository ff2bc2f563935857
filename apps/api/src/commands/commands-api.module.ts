import { CustomersModule } from '@app/customers';
import { SubscriptionsModule } from '@app/subscriptions';
import { Module } from '@nestjs/common';

import { CommandDesk } from './command-desk.js';
import { CommandList } from './command-list.js';
import { CommandController } from './command.controller.js';

@Module({ imports: [SubscriptionsModule, CustomersModule], controllers: [CommandController], providers: [CommandDesk, CommandList], exports: [CommandDesk] })
export class CommandsApiModule {}
