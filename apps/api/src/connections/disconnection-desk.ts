import { transactionWithRetry } from '@app/common';
import { ConnectionService, type StripeConnection, WebhookService } from '@app/stripe';
import { ImportRunService } from '@app/sync';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

const WHY = { code: 'connection_disconnected', detail: 'The Stripe account was disconnected meanwhile. Connect it again, and start the import again: it repeats nothing that is done.', stripeRequestId: null };

/** Ends a connection: in Stripe first, as the key is needed for that, then here, all at once (rule N5). */
@Injectable()
export class DisconnectionDesk {
  constructor(
    private readonly em: EntityManager,
    private readonly connections: ConnectionService,
    private readonly webhooks: WebhookService,
    private readonly runs: ImportRunService,
  ) {}

  async disconnect(id: string): Promise<StripeConnection> {
    const leftOver = await this.webhooks.dismantle({ id });
    return transactionWithRetry(this.em, async (em) => {
      // The connection before the run, as a page of an import takes them.
      const connection = await this.connections.disconnect(em, id, leftOver);
      await this.runs.abandon(em, id, WHY);
      await this.webhooks.forgetSecrets(em, id);
      return connection;
    });
  }
}
