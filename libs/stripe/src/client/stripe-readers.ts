import { Inject, Injectable, Logger } from '@nestjs/common';
import type Stripe from 'stripe';

import { ENV, type Env } from '@app/common';

import { RequestPacing, type Throttle } from '../budget/request-pacing.js';
import type { SlotRequest } from '../budget/resolve-slot.js';
import { ConnectionService } from '../connections/connection.service.js';
import type { StripeConnection } from '../connections/stripe-connection.entity.js';
import { PATIENT } from './stripe-call.js';
import { makeStripeClient } from './stripe-client.js';
import { StripeEventReader } from './stripe-event-reader.js';
import type { UnreadableObject } from './stripe-page.js';
import { StripeReader } from './stripe-reader.js';

/** Three attempts and the waits between them are over before the lease of what is read (40 s). */
const SHORT = { attempts: 3, timeoutMs: 10_000 };

interface Way {
  readonly timeoutMs: number;
  readonly priority: SlotRequest['priority'];
  readonly throttle?: Throttle | undefined;
}

/** Makes a reader for a connection, with its key opened for that purpose only. */
@Injectable()
export class StripeReaders {
  private readonly logger = new Logger(StripeReaders.name);

  constructor(
    private readonly connections: ConnectionService,
    private readonly pacing: RequestPacing,
    @Inject(ENV) private readonly env: Env,
  ) {}

  /** For one object at a time, of many: what does not come soon is tried again later, by the ledger. */
  forDrain(connection: StripeConnection, signal: AbortSignal): StripeReader {
    return this.makeReader(connection, { ...this.short(), priority: 'FIRST' }, signal);
  }

  /** As `forDrain`, for what nobody waits for. */
  forLater(connection: StripeConnection, signal: AbortSignal): StripeReader {
    return this.makeReader(connection, { ...this.short(), priority: 'LATER' }, signal);
  }

  /**
   * For whole lists, which can wait.
   *
   * @param signal ends waiting between retries, as when a worker stops
   * @param throttle of an import: the share that it keeps itself to
   */
  forConnection(connection: StripeConnection, signal?: AbortSignal, throttle?: Throttle): StripeReader {
    return this.makeReader(connection, { attempts: PATIENT.attempts, timeoutMs: this.env.stripeTimeoutMs, priority: 'LATER', throttle }, signal);
  }

  /** For a poll: soon there is another one. */
  eventsOf(connection: StripeConnection, signal: AbortSignal): StripeEventReader {
    const { attempts, timeoutMs } = this.short();
    return new StripeEventReader(this.clientOf(connection, { timeoutMs, priority: 'FIRST' }, signal), {
      userIdMetadataKey: connection.settings.userIdMetadataKey,
      patience: { attempts, firstDelayMs: this.env.stripeRetryDelayMs },
      signal,
      onUnreadable: this.warner(connection),
    });
  }

  private short(): typeof SHORT {
    return { attempts: SHORT.attempts, timeoutMs: Math.min(SHORT.timeoutMs, this.env.stripeTimeoutMs) };
  }

  private makeReader(connection: StripeConnection, way: Way & { readonly attempts: number }, signal?: AbortSignal): StripeReader {
    const patience = { attempts: way.attempts, firstDelayMs: this.env.stripeRetryDelayMs };
    return new StripeReader(this.clientOf(connection, way, signal), connection.settings.userIdMetadataKey, signal, this.warner(connection), patience);
  }

  private clientOf(connection: StripeConnection, { timeoutMs, priority, throttle }: Way, signal?: AbortSignal): Stripe {
    const pacer = this.pacing.of(connection, priority, signal, throttle);
    return makeStripeClient(this.connections.openKey(connection), this.env.stripeApiBase, timeoutMs, pacer);
  }

  private warner(connection: StripeConnection): (object: UnreadableObject) => void {
    return ({ id, problem }) => this.logger.warn({ connectionId: connection.id, stripeId: id, problem }, 'A Stripe object cannot be read');
  }
}
