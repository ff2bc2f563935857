import { CustomersModule } from '@app/customers';
import { SubscriptionsModule } from '@app/subscriptions';
import { Module } from '@nestjs/common';

import { CommandsApiModule } from '../commands/commands-api.module.js';
import { ConversionsApiModule } from '../conversions/conversions-api.module.js';
import { UserController } from './user.controller.js';

@Module({ imports: [CustomersModule, SubscriptionsModule, CommandsApiModule, ConversionsApiModule], controllers: [UserController] })
export class UsersApiModule {}
