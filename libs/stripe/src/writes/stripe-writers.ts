import { Inject, Injectable } from '@nestjs/common';
import type Stripe from 'stripe';

import { ENV, type Env } from '@app/common';

import { RequestPacing } from '../budget/request-pacing.js';
import { makeStripeClient } from '../client/stripe-client.js';
import { ConnectionService } from '../connections/connection.service.js';
import type { StripeConnection } from '../connections/stripe-connection.entity.js';
import { StripeFinder } from './stripe-finder.js';
import { StripePreviewer } from './stripe-previewer.js';
import { StripeWriter } from './stripe-writer.js';

/** Well within the leases of the command and of what it changes. */
const TIMEOUT_MS = 20_000;

/** Makes a writer for a connection, with its key opened for that purpose only. */
@Injectable()
export class StripeWriters {
  constructor(
    private readonly connections: ConnectionService,
    private readonly pacing: RequestPacing,
    @Inject(ENV) private readonly env: Env,
  ) {}

  of(connection: StripeConnection, signal: AbortSignal): StripeWriter {
    return new StripeWriter(this.clientOf(connection, signal), connection.settings.userIdMetadataKey, signal);
  }

  finderOf(connection: StripeConnection, signal: AbortSignal): StripeFinder {
    return new StripeFinder(this.clientOf(connection, signal), signal);
  }

  previewerOf(connection: StripeConnection): StripePreviewer {
    return new StripePreviewer(this.clientOf(connection));
  }

  private clientOf(connection: StripeConnection, signal?: AbortSignal): Stripe {
    const pacer = this.pacing.of(connection, 'FIRST', signal);
    return makeStripeClient(this.connections.openKey(connection), this.env.stripeApiBase, Math.min(TIMEOUT_MS, this.env.stripeTimeoutMs), pacer);
  }
}
