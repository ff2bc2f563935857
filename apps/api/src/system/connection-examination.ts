import { KanaError, within } from '@app/common';
import { ConnectionService, type KeyReport, type StripeConnection, WebhookInspector } from '@app/stripe';
import { StreamQueries } from '@app/sync';
import { Injectable } from '@nestjs/common';

import type { ConnectionFacts } from './check-connection.js';

/** A Stripe that says nothing for so long is away, for whoever waits for the answer. */
const PATIENCE_MS = 30_000;

/** Looks at the connected accounts: asks Stripe anew, and changes nothing there or here. */
@Injectable()
export class ConnectionExamination {
  constructor(
    private readonly connections: ConnectionService,
    private readonly webhooks: WebhookInspector,
    private readonly streams: StreamQueries,
  ) {}

  async facts(): Promise<ConnectionFacts[]> {
    const statuses = new Map((await this.streams.status()).map((status) => [status.connectionId, status]));
    const connected = (await this.connections.list()).filter(({ status }) => status === 'CONNECTED');
    return Promise.all(connected.map(async (connection) => ({ id: connection.id, status: statuses.get(connection.id), ...(await this.askStripe(connection)) })));
  }

  private async askStripe(connection: StripeConnection): Promise<Pick<ConnectionFacts, 'key' | 'webhook'>> {
    try {
      return await within(PATIENCE_MS, this.look(connection), stripeSilent);
    } catch (error) {
      if (!(error instanceof KanaError)) {
        throw error;
      }
      return { key: { refusal: { code: error.code, detail: error.message } }, webhook: null };
    }
  }

  private async look(connection: StripeConnection): Promise<{ key: { report: KeyReport }; webhook: ConnectionFacts['webhook'] }> {
    const report = await this.connections.probe(connection);
    return { key: { report }, webhook: await this.webhooks.inspect(connection) };
  }
}

function stripeSilent(): KanaError {
  return new KanaError('UNAVAILABLE', 'stripe_unreachable', `Stripe does not answer within ${PATIENCE_MS / 1000} s.`);
}
