import { randomUUID } from 'node:crypto';

import type { CustomerSnapshot } from '@app/stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { CALLS, cus, links, make, nextNames, openIssues, paid, show, startCustomerChanges, user } from '../support/customer-changes.js';
import { must, type StripeWorld } from '../support/stripe-world.js';

let world: StripeWorld;
let number: number;
let ann: string;
let bob: string;

beforeAll(async () => {
  world = await startCustomerChanges();
});
afterAll(() => world.close());
beforeEach(() => {
  ({ number, ann, bob } = nextNames());
});

describe('a customer without an email that shows one later (U7)', () => {
  const nameless = (facts: Partial<CustomerSnapshot> = {}): CustomerSnapshot => cus('a', { email: null, ...facts });
  const arrive = () => world.apply({ subscriptions: [paid('a', 'active', CALLS)], customers: [nameless()] });
  const provisional = (): string => `cus_${number}a`;

  async function use(id: string, delta: number): Promise<void> {
    const headers = { authorization: `Bearer ${world.api.adminKey}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    const answer = await fetch(`${world.api.url}/v1/usage`, { method: 'POST', headers, body: JSON.stringify({ userId: id, featureId: 'calls', delta }) });
    expect(answer.status).toBeLessThan(300);
  }
  const used = async (id: string): Promise<number> => {
    const answer = await must(world.api.get<{ consumption: { used: number } }>(`/v1/users/${encodeURIComponent(id)}/entitlements/calls`));
    return answer.consumption.used;
  };

  it('is called by it from then on; the provisional id answers, usage stays, the issue closes', async () => {
    await arrive();
    expect(await openIssues()).toEqual(['CUSTOMER_WITHOUT_EMAIL a']);
    await use(provisional(), 3);
    await show(nameless({ email: ann }));
    expect(await user(provisional())).toMatchObject({ id: ann, aliases: [provisional()], email: ann });
    expect(await links(ann)).toMatchObject([{ matchedBy: 'CREATED', matchedValue: ann }]);
    expect([await used(ann), await used(provisional())]).toEqual([3, 3]);
    expect(await openIssues()).toEqual([]);
  });

  it('is the user of the company who has that email: subscriptions, usage and the id go over', async () => {
    await make(`u${number}`, { email: ann });
    await arrive();
    await use(provisional(), 3);
    await use(`u${number}`, 4);
    const { absorbed } = await show(nameless({ email: ann }));
    expect(absorbed).toHaveLength(1);
    expect(await user(provisional())).toMatchObject({ id: `u${number}`, aliases: [provisional()] });
    expect(await used(`u${number}`)).toBe(7);
    expect(await openIssues()).toEqual([]);
  });

  it('stays linked, in an open conflict, where two users have that email; and is cured with it', async () => {
    await make(`u${number}`, { email: ann });
    await make(`v${number}`, { email: ann });
    await arrive();
    await show(nameless({ email: ann, name: 'Ann' }));
    expect(await user(provisional())).toMatchObject({ id: provisional(), email: null, name: 'Ann' });
    expect(await links(provisional())).toMatchObject([{ conflict: 'EMAIL_SHARED', email: ann, matchedValue: null }]);
    expect(await openIssues()).toEqual(['EMAIL_SHARED a']);
    await must(world.api.patch(`/v1/users/v${number}`, { email: bob }));
    expect(await user(provisional())).toMatchObject({ id: `u${number}` });
    expect(await openIssues()).toEqual([]);
  });

  it('keeps the user that the company has edited meanwhile, under its id, and fills what is empty', async () => {
    await arrive();
    await must(world.api.patch(`/v1/users/${provisional()}`, { name: 'Doctor Ann' }));
    await show(nameless({ email: ann, name: 'Ann' }));
    expect(await user(provisional())).toMatchObject({ id: provisional(), name: 'Doctor Ann', email: ann });
    expect(await openIssues()).toEqual([]);
  });
});
