import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { signedEvent, wireEvent } from './webhooks.js';

/** Where to, and what was said there: 0 = nothing, the connection broke. */
export interface Delivery {
  readonly door: string;
  readonly id: string;
  readonly status: number;
}

/** Senders that go on as Stripe does: an event is sent, to any of the open doors, until somebody acknowledges it. */
export interface WebhookSenders {
  /** Ids of events that were answered 200. */
  readonly acknowledged: ReadonlySet<string>;
  /** Waits for as many acknowledgements more. */
  more(count: number): Promise<void>;
  /** Lets every sender end with its event acknowledged. */
  stop(): Promise<void>;
}

const PAUSE_MS = 5;

/**
 * @param doors those that are open now, as far as that is known; the set may change at any time
 * @param told is told of every answer, before the next event is sent
 */
export function startSenders({ count, doors, secret, told }: { count: number; doors: ReadonlySet<string>; secret: string; told: (delivery: Delivery) => void }): WebhookSenders {
  const acknowledged = new Set<string>();
  let isStopping = false;
  let made = 0;
  const deliver = async (id: string, first: number): Promise<void> => {
    for (let attempt = first; !acknowledged.has(id); attempt += 1) {
      const door = [...doors][attempt % doors.size];
      const status = door === undefined ? 0 : await post(door, wireEvent(id), secret);
      if (status === 200) {
        acknowledged.add(id);
      }
      if (door !== undefined) {
        told({ door, id, status });
      }
      if (status !== 200) {
        await sleep(PAUSE_MS);
      }
    }
  };
  const senders = Array.from({ length: count }, async (_, sender) => {
    while (!isStopping) {
      made += 1;
      await deliver(`evt_${made}`, sender + made);
    }
  });
  const more = async (wanted: number): Promise<void> => {
    for (const until = acknowledged.size + wanted; acknowledged.size < until; ) {
      await sleep(PAUSE_MS);
    }
  };
  const stop = async (): Promise<void> => {
    isStopping = true;
    await Promise.all(senders);
  };
  return { acknowledged, more, stop };
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
