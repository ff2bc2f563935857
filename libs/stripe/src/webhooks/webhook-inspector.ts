import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import type { StripeConnection, WebhookStatus } from '../connections/stripe-connection.entity.js';
import type { EndpointFlaw } from './check-endpoint.js';
import { EndpointKeeper, type EndpointReading } from './endpoint-keeper.js';
import { NO_WEBHOOK, type WebhookFacts } from './resolve-webhook-status.js';
import { WebhookSecrets } from './webhook-secrets.js';

/** How a connection's webhooks come, and what is wrong with that in Stripe now. */
export interface WebhookInspection {
  /** Who made the endpoint, or is to. `KANA_BEFORE`: Kana made one, and no longer knows where it is to send. */
  readonly maker: 'KANA' | 'KANA_BEFORE' | 'SOMEBODY' | 'NOBODY';
  readonly endpointId: string | null;
  /** Where Stripe is to send; null without a public address. */
  readonly url: string | null;
  readonly flaws: readonly EndpointFlaw[];
  /** Why Stripe did not show it; null = it did. */
  readonly failure: WebhookFacts['failure'];
  /** What Kana met when it last looked after it. */
  readonly known: Pick<WebhookStatus, 'state' | 'detail'>;
}

/** Looks at a connection's webhook endpoint in Stripe, and changes nothing: neither there nor here. */
@Injectable()
export class WebhookInspector {
  constructor(
    private readonly em: EntityManager,
    private readonly keeper: EndpointKeeper,
    private readonly secrets: WebhookSecrets,
  ) {}

  async inspect(connection: StripeConnection): Promise<WebhookInspection> {
    const held = (await this.secrets.list(this.em.fork(), connection.id)).filter(({ isRetiring }) => !isRetiring);
    const known = connection.webhook ?? NO_WEBHOOK;
    const { endpointId } = known;
    const url = this.keeper.urlFor(connection.id);
    const common = { endpointId, url: url ?? known.url, known: { state: known.state, detail: known.detail } };
    if (endpointId !== null) {
      const holdsSecret = held.some((secret) => secret.endpointId === endpointId);
      const reading = await this.keeper.look(connection, { endpointId, url: url ?? known.url ?? '', holdsSecret });
      return { ...common, maker: url === null ? 'KANA_BEFORE' : 'KANA', ...seen(reading) };
    }
    if (held.some(({ source }) => source === 'GIVEN')) {
      const reading = url === null ? NOTHING_SEEN : await this.keeper.lookByHand(connection, url);
      // Who made it by hand may well have done so because the key may not look at endpoints.
      return { ...common, maker: 'SOMEBODY', ...seen(reading), failure: null };
    }
    return { ...common, maker: url === null ? 'NOBODY' : 'KANA', flaws: url === null ? [] : [{ kind: 'MISSING' }], failure: null };
  }
}

const NOTHING_SEEN: EndpointReading = { kind: 'SEEN', flaws: [] };

function seen(reading: EndpointReading): Pick<WebhookInspection, 'flaws' | 'failure'> {
  return reading.kind === 'SEEN' ? { flaws: reading.flaws, failure: null } : { flaws: [], failure: reading.failure };
}
