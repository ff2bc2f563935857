import { createHmac } from 'node:crypto';

import type { Company } from './company.js';

/** So far apart that each event is the newest of its object for certain. */
const APART_MS = 10_000;
const QUANTITIES = 7;

/** Bodies of events, as Stripe would send them: every subscription changes once a round. */
export function makeEvents({ sandbox }: Company, count: number): Buffer[] {
  const live = sandbox.truth().subscriptions.filter(({ status }) => ['active', 'trialing', 'past_due'].includes(status)).map(({ id }) => id);
  sandbox.deliveries.put({ hold: true });
  sandbox.clock.freeze();
  const before = sandbox.events.records().length;
  for (let made = 0; made < count; made += 1) {
    if (made % live.length === 0) {
      sandbox.clock.advance(APART_MS);
    }
    sandbox.changes.changeSubscription(live[made % live.length] ?? '', { quantity: 1 + (((made % live.length) + Math.floor(made / live.length)) % QUANTITIES) });
  }
  const bodies = sandbox.events.all().slice(before).filter(({ type }) => type === 'customer.subscription.updated').map((event) => Buffer.from(JSON.stringify(event)));
  sandbox.clock.run();
  return bodies;
}

/** A whole request with this event, signed now. */
export function webhookRequest({ connectionId, secret }: Company, body: Buffer): string {
  const seconds = Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex');
  const head = [
    `POST /webhooks/stripe/${connectionId} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${body.length}`,
    `Stripe-Signature: t=${seconds},v1=${signature}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body.toString('latin1')}`;
}
