import { Inject, Injectable, Logger } from '@nestjs/common';

import { conflict, ENV, type Env } from '@app/common';

import { StripeCallError } from '../client/stripe-call.js';
import { RequestPacing } from '../budget/request-pacing.js';
import { makeStripeClient } from '../client/stripe-client.js';
import { ConnectionService } from '../connections/connection.service.js';
import type { StripeConnection } from '../connections/stripe-connection.entity.js';
import { checkEndpoint, type EndpointFacts, type EndpointFlaw } from './check-endpoint.js';
import { resolveEndpoint, resolveStrays } from './resolve-endpoint.js';
import type { WebhookFacts } from './resolve-webhook-status.js';
import { type MadeEndpoint, StripeEndpoints, wantedEndpoint } from './stripe-endpoints.js';

/** What Stripe's answer about an endpoint comes to. */
export type EndpointOutcome =
  | { readonly kind: 'STANDS'; readonly endpoint: { readonly id: string; readonly url: string } }
  | { readonly kind: 'MADE'; readonly endpoint: MadeEndpoint }
  | { readonly kind: 'REFUSED'; readonly failure: NonNullable<WebhookFacts['failure']> };

/** What Stripe shows of an endpoint, and what is wrong with that; or why it shows nothing. */
export type EndpointReading =
  | { readonly kind: 'SEEN'; readonly flaws: readonly EndpointFlaw[] }
  | { readonly kind: 'REFUSED'; readonly failure: NonNullable<WebhookFacts['failure']> };

const RIGHT_MISSING =
  'The key lacks Webhook Endpoints: Write, so that Kana can neither make nor change its webhook endpoint. Give it that right in the Stripe dashboard (Developers, API keys) and check the connection again; or make an endpoint for the url by hand, and give its secret.';

/** The Stripe side of a connection's webhooks: its endpoint there. Stores nothing. */
@Injectable()
export class EndpointKeeper {
  private readonly logger = new Logger(EndpointKeeper.name);

  constructor(
    private readonly connections: ConnectionService,
    private readonly pacing: RequestPacing,
    @Inject(ENV) private readonly env: Env,
  ) {}

  /** Whether Stripe can send anything here. */
  get isReachable(): boolean {
    return this.env.publicUrl !== undefined;
  }

  /** Where Stripe is to send a connection's webhooks; null where it cannot reach Kana. */
  urlFor(connectionId: string): string | null {
    return this.env.publicUrl === undefined ? null : `${this.env.publicUrl}/webhooks/stripe/${connectionId}`;
  }

  /** What is wrong with the endpoint that Kana made; changes nothing. */
  async look(connection: StripeConnection, { endpointId, url, holdsSecret }: { endpointId: string; url: string; holdsSecret: boolean }): Promise<EndpointReading> {
    return this.read(connection, async (endpoints) => checkEndpoint(await endpoints.find(endpointId), wantedEndpoint(url), holdsSecret));
  }

  /** Likewise of one that somebody made by hand, where it sends here. It may be for more than Kana handles. */
  async lookByHand(connection: StripeConnection, url: string): Promise<EndpointReading> {
    return this.read(connection, async (endpoints) => {
      const here = (await endpoints.all()).filter((endpoint) => endpoint.url === url);
      const found: EndpointFacts | undefined = here.find(({ isEnabled }) => isEnabled) ?? here[0];
      return found === undefined ? [] : checkEndpoint(found, wantedEndpoint(url), true).filter(({ kind }) => kind !== 'EVENTS_SUPERFLUOUS');
    });
  }

  /**
   * Makes the endpoint that is missing, or corrects the one that differs.
   *
   * @param holdsSecret whether what the known endpoint signs can be verified
   */
  async settle(connection: StripeConnection, url: string, holdsSecret: boolean): Promise<EndpointOutcome> {
    const endpoints = this.endpointsOf(connection);
    const known = connection.webhook?.endpointId ?? null;
    const wanted = wantedEndpoint(url);
    try {
      const found = known === null ? null : await endpoints.find(known);
      const step = resolveEndpoint(checkEndpoint(found, wanted, holdsSecret));
      if (step === 'MAKE' || found === null) {
        return { kind: 'MADE', endpoint: await endpoints.make(connection.id, wanted) };
      }
      if (step === 'UPDATE') {
        await endpoints.update(found.id, wanted);
      }
      return { kind: 'STANDS', endpoint: { id: found.id, url } };
    } catch (error) {
      return { kind: 'REFUSED', failure: failureOf(error) };
    }
  }

  /** @throws KanaError public_url_missing; StripeCallError */
  async make(connection: StripeConnection): Promise<MadeEndpoint> {
    const url = this.urlFor(connection.id);
    if (url === null) {
      throw conflict('public_url_missing', 'Kana makes no endpoint in Stripe, as PUBLIC_URL is not set. Set it, or give the secret of an endpoint that you made by hand.');
    }
    return this.endpointsOf(connection).make(connection.id, wantedEndpoint(url));
  }

  /** Deletes it as well as that goes. Gives a sentence where it is still there. */
  async delete(connection: StripeConnection, endpointId: string): Promise<string | null> {
    try {
      await this.endpointsOf(connection).delete(endpointId);
      return null;
    } catch (error) {
      this.logger.warn({ err: error, connectionId: connection.id, endpointId }, 'A webhook endpoint could not be deleted in Stripe');
      return `The webhook endpoint ${endpointId} could not be deleted in Stripe: delete it there (Developers, Webhooks).`;
    }
  }

  async deleteStrays(connection: StripeConnection, kept: MadeEndpoint): Promise<void> {
    try {
      const endpoints = this.endpointsOf(connection);
      for (const id of resolveStrays(await endpoints.madeFor(connection.id), kept)) {
        await endpoints.delete(id);
      }
    } catch (error) {
      this.logger.warn({ err: error, connectionId: connection.id }, 'Webhook endpoints were not looked through');
    }
  }

  private async read(connection: StripeConnection, flawsOf: (endpoints: StripeEndpoints) => Promise<EndpointFlaw[]>): Promise<EndpointReading> {
    try {
      return { kind: 'SEEN', flaws: await flawsOf(this.endpointsOf(connection)) };
    } catch (error) {
      return { kind: 'REFUSED', failure: failureOf(error) };
    }
  }

  private endpointsOf(connection: StripeConnection): StripeEndpoints {
    return new StripeEndpoints(makeStripeClient(this.connections.openKey(connection), this.env.stripeApiBase, this.env.stripeTimeoutMs, this.pacing.of(connection, 'FIRST')));
  }
}

function failureOf(error: unknown): NonNullable<WebhookFacts['failure']> {
  if (!(error instanceof StripeCallError)) {
    throw error;
  }
  return error.code === 'stripe_right_missing' ? { state: 'RIGHT_MISSING', detail: RIGHT_MISSING } : { state: 'FAILED', detail: error.message };
}
