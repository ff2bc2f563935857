import { CatalogModule } from '@app/catalog';
import { WebhookService } from '@app/stripe';
import { SubscriptionsModule } from '@app/subscriptions';
import { MikroORM, RequestContext } from '@mikro-orm/postgresql';
import { Logger, Module, type OnApplicationBootstrap } from '@nestjs/common';

import { ConnectionWebhookController } from './connection-webhook.controller.js';
import { ConnectionController } from './connection.controller.js';
import { ConnectionView } from './connection.view.js';
import { DisconnectionDesk } from './disconnection-desk.js';
import { DisconnectionController } from './disconnection.controller.js';

@Module({
  imports: [SubscriptionsModule, CatalogModule],
  controllers: [ConnectionController, ConnectionWebhookController, DisconnectionController],
  providers: [ConnectionView, DisconnectionDesk],
})
export class ConnectionsApiModule implements OnApplicationBootstrap {
  private readonly logger = new Logger(ConnectionsApiModule.name);

  constructor(
    private readonly orm: MikroORM,
    private readonly webhooks: WebhookService,
  ) {}

  /** PUBLIC_URL may have changed since the last start. Nobody waits for Stripe. */
  onApplicationBootstrap(): void {
    RequestContext.create(this.orm.em, () => this.webhooks.ensureAll()).catch((error: unknown) => this.logger.warn({ err: error }, 'The webhook endpoints were not looked after'));
  }
}
