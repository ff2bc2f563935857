import { CatalogModule } from '@app/catalog';
import { SubscriptionsModule } from '@app/subscriptions';
import { Module } from '@nestjs/common';

import { ConnectionController } from './connection.controller.js';

@Module({ imports: [SubscriptionsModule, CatalogModule], controllers: [ConnectionController] })
export class ConnectionsApiModule {}
