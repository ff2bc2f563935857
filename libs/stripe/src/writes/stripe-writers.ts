import { Inject, Injectable } from '@nestjs/common';

import { ENV, type Env } from '@app/common';

import { RequestPacing } from '../budget/request-pacing.js';
import { makeStripeClient } from '../client/stripe-client.js';
import { ConnectionService } from '../connections/connection.service.js';
import type { StripeConnection } from '../connections/stripe-connection.entity.js';
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
    const pacer = this.pacing.of(connection, 'FIRST', signal);
    const timeoutMs = Math.min(TIMEOUT_MS, this.env.stripeTimeoutMs);
    return new StripeWriter(makeStripeClient(this.connections.openKey(connection), this.env.stripeApiBase, timeoutMs, pacer), connection.settings.userIdMetadataKey, signal);
  }
}
