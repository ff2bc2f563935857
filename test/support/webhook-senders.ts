import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { signedEvent, wireEvent } from './webhooks.js';

/** Where to, and what was said there: 0 = nothing, the connection broke. */
export interface Delivery {
  readonly door: string;
  readonly id: string;
  readonly status: number;
  /** Milliseconds, as `performance.now()`. */
  readonly sentAt: number;
}

interface SenderOptions {
  readonly count: number;
  /** Those that are open now, as far as that is known; the set may change at any time. */
  readonly doors: ReadonlySet<string>;
  readonly secret: string;
  /** Is told of every answer, before the next event is sent. */
  readonly told: (delivery: Delivery) => void;
}

const PAUSE_MS = 5;

/** Senders that go on as Stripe does: an event is sent, to any of the open doors, until somebody acknowledges it. */
export class WebhookSenders {
  /** Ids of events that were answered 200. */
  readonly acknowledged = new Set<string>();
  private readonly running: Promise<unknown>;
  private state: 'GOING_ON' | 'STOPPING' | 'ABANDONED' = 'GOING_ON';
  private made = 0;

  constructor(private readonly options: SenderOptions) {
    this.running = Promise.all(Array.from({ length: options.count }, () => this.send()));
  }

  /** Waits for as many acknowledgements more. */
  async more(count: number): Promise<void> {
    for (const until = this.acknowledged.size + count; this.acknowledged.size < until; ) {
      await sleep(PAUSE_MS);
    }
  }

  /** Lets every sender end with its event acknowledged. */
  async stop(): Promise<void> {
    this.state = 'STOPPING';
    await this.running;
  }

  /** Lets them end as they are. */
  async abandon(): Promise<void> {
    this.state = 'ABANDONED';
    await this.running;
  }

  private async send(): Promise<void> {
    while (this.state === 'GOING_ON') {
      this.made += 1;
      await this.deliver(`evt_${this.made}`, this.made);
    }
  }

  private async deliver(id: string, first: number): Promise<void> {
    const { doors, secret, told } = this.options;
    for (let attempt = first; !this.acknowledged.has(id) && this.state !== 'ABANDONED'; attempt += 1) {
      const door = [...doors][attempt % doors.size];
      const sentAt = performance.now();
      const status = door === undefined ? 0 : await post(door, wireEvent(id), secret);
      if (status === 200) {
        this.acknowledged.add(id);
      }
      if (door !== undefined) {
        told({ door, id, status, sentAt });
      }
      if (status !== 200) {
        await sleep(PAUSE_MS);
      }
    }
  }
}

const agent = new Agent({ keepAlive: true });

/** The status of a whole answer; 0 where none came. */
async function post(door: string, event: unknown, secret: string): Promise<number> {
  const { body, header = '' } = signedEvent(event, secret);
  const { promise, resolve } = Promise.withResolvers<number>();
  const sent = request(door, { agent, method: 'POST', headers: { 'content-type': 'application/json', 'content-length': body.length, 'stripe-signature': header } }, (response) => {
    response.resume();
    response.on('end', () => resolve(response.complete ? (response.statusCode ?? 0) : 0));
    response.on('error', () => resolve(0));
  });
  sent.on('error', () => resolve(0));
  sent.end(body);
  return promise;
}
