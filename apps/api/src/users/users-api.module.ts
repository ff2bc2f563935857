import { CustomersModule } from '@app/customers';
import { Module } from '@nestjs/common';

import { ConversionsApiModule } from '../conversions/conversions-api.module.js';
import { UserController } from './user.controller.js';

@Module({ imports: [CustomersModule, ConversionsApiModule], controllers: [UserController] })
export class UsersApiModule {}
