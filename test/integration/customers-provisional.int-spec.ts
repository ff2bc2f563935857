import { randomUUID } from 'node:crypto';

import type { CustomerSnapshot } from '@app/stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { CALLS, type CustomerStage, openCustomerStage } from '../support/customer-stage.js';
import { must } from '../support/stripe-world.js';

let stage: CustomerStage;
beforeAll(async () => {
  stage = await openCustomerStage();
});
afterAll(() => stage.world.close());
beforeEach(() => stage.next());

describe('a customer without an email that shows one later (U7)', () => {
  const nameless = (facts: Partial<CustomerSnapshot> = {}): CustomerSnapshot => stage.cus('a', { email: null, ...facts });
  const arrive = () => stage.world.apply({ subscriptions: [stage.paid('a', 'active', CALLS)], customers: [nameless()] });
  const provisional = (): string => `cus_${stage.number}a`;

  async function use(id: string, delta: number): Promise<void> {
    const headers = { authorization: `Bearer ${stage.world.api.adminKey}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    const answer = await fetch(`${stage.world.api.url}/v1/usage`, { method: 'POST', headers, body: JSON.stringify({ userId: id, featureId: 'calls', delta }) });
    expect(answer.status).toBeLessThan(300);
  }
  const used = async (id: string): Promise<number> => {
    const answer = await must(stage.world.api.get<{ consumption: { used: number } }>(`/v1/users/${encodeURIComponent(id)}/entitlements/calls`));
    return answer.consumption.used;
  };

  it('is called by it from then on; the provisional id answers, usage stays, the issue closes', async () => {
    await arrive();
    expect(await stage.openIssues()).toEqual(['CUSTOMER_WITHOUT_EMAIL a']);
    await use(provisional(), 3);
    await stage.show(nameless({ email: stage.ann }));
    expect(await stage.user(provisional())).toMatchObject({ id: stage.ann, aliases: [provisional()], email: stage.ann });
    expect(await stage.links(stage.ann)).toMatchObject([{ matchedBy: 'CREATED', matchedValue: stage.ann }]);
    expect([await used(stage.ann), await used(provisional())]).toEqual([3, 3]);
    expect(await stage.openIssues()).toEqual([]);
  });

  it('is the user of the company who has that email: subscriptions, usage and the id go over', async () => {
    await stage.make(`u${stage.number}`, { email: stage.ann });
    await arrive();
    await use(provisional(), 3);
    await use(`u${stage.number}`, 4);
    const { absorbed } = await stage.show(nameless({ email: stage.ann }));
    expect(absorbed).toHaveLength(1);
    expect(await stage.user(provisional())).toMatchObject({ id: `u${stage.number}`, aliases: [provisional()] });
    expect(await used(`u${stage.number}`)).toBe(7);
    expect(await stage.openIssues()).toEqual([]);
  });

  it('stays linked, in an open conflict, where two users have that email; and is cured with it', async () => {
    await stage.make(`u${stage.number}`, { email: stage.ann });
    await stage.make(`v${stage.number}`, { email: stage.ann });
    await arrive();
    await stage.show(nameless({ email: stage.ann, name: 'Ann' }));
    expect(await stage.user(provisional())).toMatchObject({ id: provisional(), email: null, name: 'Ann' });
    expect(await stage.links(provisional())).toMatchObject([{ conflict: 'EMAIL_SHARED', email: stage.ann, matchedValue: null }]);
    expect(await stage.openIssues()).toEqual(['EMAIL_SHARED a']);
    await stage.edit(`v${stage.number}`, { email: stage.bob });
    expect(await stage.user(provisional())).toMatchObject({ id: `u${stage.number}` });
    expect(await stage.openIssues()).toEqual([]);
  });

  it('keeps the user that the company has edited meanwhile, under its id, and fills what is empty', async () => {
    await arrive();
    await stage.edit(provisional(), { name: 'Doctor Ann' });
    await stage.show(nameless({ email: stage.ann, name: 'Ann' }));
    expect(await stage.user(provisional())).toMatchObject({ id: provisional(), name: 'Doctor Ann', email: stage.ann });
    expect(await stage.openIssues()).toEqual([]);
  });
});
