import { isDeepStrictEqual } from 'node:util';

import { EntityManager, LockMode } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';

import { Clock, refused, transactionWithRetry } from '@app/common';

import { connectionDisconnected } from '../connections/connection.errors.js';
import { ConnectionService } from '../connections/connection.service.js';
import { requireConnection } from '../connections/require-connection.js';
import type { StripeConnection, WebhookStatus } from '../connections/stripe-connection.entity.js';
import { EndpointKeeper, type EndpointOutcome } from './endpoint-keeper.js';
import { NO_WEBHOOK, resolveWebhookStatus, type WebhookFacts } from './resolve-webhook-status.js';
import type { MadeEndpoint } from './stripe-endpoints.js';
import { WebhookKeys } from './webhook-keys.js';
import { type HeldSecret, WebhookSecrets } from './webhook-secrets.js';

/** How long a secret goes on after another one has taken its place: what Stripe has signed with it may still be on its way. */
const OVERLAP_SECONDS = 86_400;
/** More than anybody needs who has an endpoint or two and changes a secret; each costs an HMAC per webhook. */
const MAXIMUM_SECRETS = 10;

/** How secrets are replaced. */
export interface WebhookRotation {
  /** Of an endpoint that was made by hand; undefined = Kana makes a new endpoint. */
  readonly secret?: string | undefined;
  /** How long those before go on. */
  readonly overlapSeconds?: number | undefined;
}

/** Looks after the endpoint in Stripe that a connection's webhooks come from, and keeps what they are signed with (rules N1, N2). */
@Injectable()
export class WebhookService {
  private readonly logger = new Logger(WebhookService.name);

  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly connections: ConnectionService,
    private readonly keeper: EndpointKeeper,
    private readonly secrets: WebhookSecrets,
    private readonly keys: WebhookKeys,
  ) {}

  /**
   * Makes the endpoint that is missing, and corrects the one that differs: its address, its events, that it was disabled
   * or deleted. Where somebody gave a secret by hand, none is made. What Stripe has against it is no error: the connection
   * stands, its status says why.
   */
  async ensure(id: string): Promise<StripeConnection> {
    const connection = await this.connections.getConnected(id);
    const held = await this.secrets.list(this.em.fork(), id);
    const url = this.keeper.urlFor(id);
    const known = connection.webhook?.endpointId ?? null;
    if (url === null || (known === null && held.some(isGiven))) {
      return this.change(id, async (_em, { webhook }) => (webhook?.endpointId ? webhook : this.statusOf(id, null, held.some(isGiven))));
    }
    const outcome = await this.keeper.settle(connection, url, held.some(({ endpointId, isRetiring }) => endpointId === known && !isRetiring));
    return outcome.kind === 'MADE' ? this.takeMade(connection, outcome.endpoint) : this.note(connection, outcome);
  }

  /** For a start: what stands differently from the settings is put right. Failures are logged, as nobody waits. */
  async ensureAll(): Promise<void> {
    for (const { id, status, webhook } of this.keeper.isReachable ? await this.connections.list() : []) {
      const isRight = webhook?.state === 'ACTIVE' && webhook.url === this.keeper.urlFor(id);
      if (status === 'CONNECTED' && !isRight) {
        await this.ensure(id).catch((error: unknown) => this.logger.warn({ err: error, connectionId: id }, 'The webhook endpoint was not looked after'));
      }
    }
  }

  /**
   * Takes the secret of an endpoint that was made by hand, beside those that are there.
   *
   * @throws KanaError connection_disconnected, webhook_secrets_too_many
   */
  async giveSecret(id: string, secret: string): Promise<StripeConnection> {
    return this.change(id, async (em, { webhook }) => {
      const held = await this.secrets.list(em, id);
      if (held.length >= MAXIMUM_SECRETS && !held.some((each) => each.secret === secret)) {
        throw refused('webhook_secrets_too_many', `A connection keeps at most ${MAXIMUM_SECRETS} webhook secrets. Rotate: then those that are there now come to an end.`);
      }
      await this.secrets.add(em, id, { secret, source: 'GIVEN', endpointId: null });
      return webhook?.endpointId ? webhook : this.statusOf(id, null, true);
    });
  }

  /**
   * Puts a new secret in the place of all others: the one given, or that of a new endpoint. The others go on for a while;
   * an endpoint that Kana made before is deleted at once.
   *
   * @throws KanaError connection_disconnected, public_url_missing; StripeCallError when Stripe makes no endpoint
   */
  async rotate(id: string, { secret, overlapSeconds = OVERLAP_SECONDS }: WebhookRotation): Promise<StripeConnection> {
    const seen = await this.connections.getConnected(id);
    const made = secret === undefined ? await this.keeper.make(seen) : null;
    const taken = made?.secret ?? secret ?? '';
    let former: string | null = null;
    const changed = await this.orDelete(seen, made, () =>
      this.change(id, async (em, { webhook }) => {
        former = webhook?.endpointId ?? null;
        const others = (await this.secrets.list(em, id)).filter((held) => held.secret !== taken);
        await this.secrets.retire(em, others, overlapSeconds);
        await this.secrets.add(em, id, { secret: taken, source: made === null ? 'GIVEN' : 'ENDPOINT', endpointId: made?.id ?? null });
        return this.statusOf(id, made, made === null);
      }),
    );
    return this.tidy(changed, former);
  }

  /**
   * Before a connection forgets its key: deletes its endpoint in Stripe, as well as that goes.
   *
   * @returns what is left in Stripe, in a sentence; null = nothing
   */
  async dismantle({ id }: Pick<StripeConnection, 'id'>): Promise<string | null> {
    const connection = await this.connections.get(id);
    const endpointId = connection.webhook?.endpointId ?? null;
    return endpointId === null ? null : this.keeper.delete(connection, endpointId);
  }

  /** In the caller's transaction: within a second of its commit nothing is believed any more that was signed with them. */
  async forgetSecrets(em: EntityManager, id: string): Promise<void> {
    await this.secrets.dropAll(em, id);
    this.keys.forget();
  }

  /** Two who make one at once: the first to store it wins, and the other takes its own away again. */
  private async takeMade(seen: StripeConnection, made: MadeEndpoint): Promise<StripeConnection> {
    const former = seen.webhook?.endpointId ?? null;
    // A stand-in for Stripe that has lost its memory may give the same id again.
    let superfluous = former === made.id ? null : former;
    const changed = await this.orDelete(seen, made, () =>
      this.change(seen.id, async (em, { webhook }) => {
        if (webhook && webhook.endpointId !== former) {
          superfluous = made.id;
          return webhook;
        }
        const held = await this.secrets.list(em, seen.id);
        await this.secrets.retire(em, held.filter(({ source }) => source === 'ENDPOINT'), OVERLAP_SECONDS);
        await this.secrets.add(em, seen.id, { secret: made.secret, source: 'ENDPOINT', endpointId: made.id });
        return this.statusOf(seen.id, made, false);
      }),
    );
    await this.keeper.deleteStrays(seen, made);
    return this.tidy(changed, superfluous);
  }

  private async note(seen: StripeConnection, outcome: Exclude<EndpointOutcome, { kind: 'MADE' }>): Promise<StripeConnection> {
    const known = seen.webhook?.endpointId ? { id: seen.webhook.endpointId, url: seen.webhook.url ?? '' } : null;
    return this.change(seen.id, async (_em, { webhook }) => {
      if ((webhook?.endpointId ?? null) !== (known?.id ?? null)) {
        return webhook ?? null;
      }
      return outcome.kind === 'STANDS' ? this.statusOf(seen.id, outcome.endpoint, false) : this.statusOf(seen.id, known, false, outcome.failure);
    });
  }

  private statusOf(id: string, endpoint: WebhookFacts['endpoint'], hasGiven: boolean, failure: WebhookFacts['failure'] = null): WebhookStatus {
    return resolveWebhookStatus({ endpoint, hasGiven, failure, wantedUrl: this.keeper.urlFor(id) });
  }

  private async change(id: string, decide: (em: EntityManager, connection: StripeConnection) => Promise<WebhookStatus | null>): Promise<StripeConnection> {
    const changed = await transactionWithRetry(this.em, async (em) => {
      const connection = await requireConnection(em, id, LockMode.PESSIMISTIC_WRITE);
      if (connection.status === 'DISCONNECTED') {
        throw connectionDisconnected();
      }
      const status = await decide(em, connection);
      if (!isDeepStrictEqual(status ?? NO_WEBHOOK, connection.webhook ?? NO_WEBHOOK)) {
        connection.webhook = status;
        connection.updatedAt = this.clock.now();
      }
      withdrawRight(connection);
      return connection;
    });
    this.keys.forget();
    return changed;
  }

  /** An endpoint whose secret could not be stored is of no use to anybody. */
  private async orDelete<Result>(seen: StripeConnection, made: MadeEndpoint | null, store: () => Promise<Result>): Promise<Result> {
    try {
      return await store();
    } catch (error) {
      if (made !== null) {
        await this.keeper.delete(seen, made.id);
      }
      throw error;
    }
  }

  /** The endpoint that no longer counts goes; where it does not, the status says so. */
  private async tidy(connection: StripeConnection, superfluous: string | null): Promise<StripeConnection> {
    const leftOver = superfluous === null ? null : await this.keeper.delete(connection, superfluous);
    return leftOver === null ? connection : this.change(connection.id, async (_em, { webhook }) => (webhook ? { ...webhook, detail: leftOver } : null));
  }
}

const isGiven = ({ source, isRetiring }: HeldSecret): boolean => source === 'GIVEN' && !isRetiring;

/** Whether a key may write shows only when it writes. */
function withdrawRight(connection: StripeConnection): void {
  if (connection.webhook?.state === 'RIGHT_MISSING') {
    connection.permissions = connection.permissions.map((right) => (right.resource === 'webhook_endpoints' ? { ...right, granted: false } : right));
  }
}
