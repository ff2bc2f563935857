import { createHmac } from 'node:crypto';

import type { Company } from './company.js';

/** So far apart that each event is the newest of its object for certain. */
const APART_MS = 10_000;
const QUANTITIES = 7;

/** Bodies of at least so many events, as Stripe would send them: every subscription changes once a round. */
export function makeEvents({ sandbox }: Pick<Company, 'sandbox'>, count: number): Buffer[] {
  const live = sandbox.truth().subscriptions.filter(({ status }) => ['active', 'trialing', 'past_due'].includes(status)).map(({ id }) => id);
  sandbox.deliveries.put({ hold: true });
  sandbox.clock.freeze();
  const before = sandbox.events.records().length;
  const updates = (): object[] => sandbox.events.all().slice(before).filter(({ type }) => type === 'customer.subscription.updated');
  // In the first round some have the new quantity already, and no event tells of them.
  for (let round = 0; updates().length < count; round += 1) {
    sandbox.clock.advance(APART_MS);
    live.forEach((id, index) => sandbox.changes.changeSubscription(id, { quantity: 1 + ((index + round) % QUANTITIES) }));
  }
  sandbox.clock.run();
  return updates().map((event) => Buffer.from(JSON.stringify(event)));
}

/** A whole request with this event, signed now. */
export function webhookRequest({ connectionId, secret }: Company, body: Buffer): string {
  const head = [
    `POST /webhooks/stripe/${connectionId} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${body.length}`,
    `Stripe-Signature: ${signatureOf(secret, body)}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body.toString('latin1')}`;
}

/** What Stripe would send along with this body now. */
export function signatureOf(secret: string, body: Buffer): string {
  const seconds = Math.floor(Date.now() / 1000);
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex')}`;
}
