import { sqlRows } from '@app/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EntityManager } from '@mikro-orm/postgresql';

import { type Connected, importAccount, startConnected, WITHOUT_CONVERSION_SWEEP } from '../support/connected.js';
import { must } from '../support/stripe-world.js';

interface Price {
  id: string;
  state: string;
  ignoredReason: string | null;
  mapping: { packageId: string; mappedBy: string } | null;
  waiting: { subscriptions: number };
}
interface Answer {
  code: string;
  price: Price;
  converted: { subscriptions: number };
}

let world: Connected;
beforeAll(async () => {
  world = await startConnected(150, WITHOUT_CONVERSION_SWEEP);
  await importAccount(world.api);
  await must(world.api.post('/v1/features', { id: 'seats', name: 'Seats', type: 'CONSUMABLE' }));
  await must(world.api.post('/v1/features', { id: 'support', name: 'Support', type: 'BINARY' }));
  await must(world.api.post('/v1/packages', { id: 'team', name: 'Team', features: [{ featureId: 'seats', limit: 3 }] }));
  await must(world.api.post('/v1/packages/team/publish'));
});
afterAll(() => world.close());

const path = (id: string, rest = ''): string => `/v1/stripe/prices/${encodeURIComponent(id)}${rest}`;
const get = (id: string): Promise<Price> => must(world.api.get<Price>(path(id)));
const map = (id: string, packageId: string) => world.api.put<Answer>(path(id, '/mapping'), { packageId });
const ignore = (id: string, reason = 'Consulting, no part of the product') => world.api.post<Price & { code: string }>(path(id, '/ignore'), { reason });
const generate = (id: string, body: object) => world.api.post<Answer>(path(id, '/generate-addon'), body);
const sql = <Row extends object>(text: string, parameters: unknown[] = []) => sqlRows<Row>(world.api.app.get(EntityManager).fork(), text, parameters);
const openIssue = async (id: string): Promise<number> => {
  const { data } = await must(world.api.get<{ data: { subject: { id: string } }[] }>('/v1/sync/issues?status=OPEN&kind=PRICE_UNMAPPED&limit=100'));
  return data.filter(({ subject }) => subject.id === id).length;
};

describe('ignoring a price', () => {
  const RETAINER = 'price_RetainerMonthUsd';

  it('says why, closes its issue, and counts nobody as waiting; taking it back opens the issue again', async () => {
    const { waiting } = await get(RETAINER);
    expect(waiting.subscriptions).toBeGreaterThan(1);
    expect(await openIssue(RETAINER)).toBe(1);
    expect((await ignore(RETAINER)).body).toMatchObject({ state: 'IGNORED', ignoredReason: 'Consulting, no part of the product', waiting: { subscriptions: 0 } });
    expect(await openIssue(RETAINER)).toBe(0);
    expect(await sql(`select distinct parked_reason from stripe_subscription_item where price_id = $1`, [RETAINER])).toEqual([{ parked_reason: 'PRICE_IGNORED' }]);
    const back = await must(world.api.post<Price>(path(RETAINER, '/unignore')));
    expect(back).toMatchObject({ state: 'UNMAPPED', ignoredReason: null, waiting });
    expect(await openIssue(RETAINER)).toBe(1);
  });

  it('keeps being ignored through an import', async () => {
    await must(ignore(RETAINER));
    await importAccount(world.api);
    expect(await get(RETAINER)).toMatchObject({ state: 'IGNORED', waiting: { subscriptions: 0 } });
    expect(await openIssue(RETAINER)).toBe(0);
  });

  it('gives way to a mapping', async () => {
    const { converted, price } = await must(map(RETAINER, 'team'));
    expect(converted.subscriptions).toBeGreaterThan(0);
    expect(price).toMatchObject({ state: 'MAPPED' });
    expect(await ignore(RETAINER)).toMatchObject({ status: 409, body: { code: 'price_mapped' } });
  });

  it('needs a reason and a price', async () => {
    expect((await ignore('price_SsoMonth', ' ')).status).toBe(400);
    expect((await world.api.post(path('price_SsoMonth', '/ignore'), {})).status).toBe(400);
    expect(await ignore('price_none')).toMatchObject({ status: 404, body: { code: 'price_not_found' } });
    expect(await world.api.post(path('price_none', '/unignore'))).toMatchObject({ status: 404 });
  });
});

describe('an add-on made from a price', () => {
  it('holds the picked feature, is published and mapped, and converts what waits', async () => {
    const { waiting } = await get('price_SeatsMonthUsd');
    const body = { packageId: 'extra seats', feature: { id: 'seats' }, limit: 1, scalesWithQuantity: true };
    const { price, converted } = await must(generate('price_SeatsMonthUsd', body));
    expect(price).toMatchObject({ state: 'MAPPED', mapping: { packageId: 'extra seats', mappedBy: 'GENERATED' }, waiting: { subscriptions: 0 } });
    expect(converted.subscriptions).toBeGreaterThanOrEqual(waiting.subscriptions - 5);
    expect(await must(world.api.get('/v1/packages/extra%20seats'))).toMatchObject({
      name: 'Extra seats', isAddon: true, status: 'PUBLISHED', requiresBase: false, features: [{ featureId: 'seats', limit: 1, scalesWithQuantity: true }],
    });
  });

  it('is made with a feature of its own, from a price with a difficult id', async () => {
    const create = { id: 'götter/ 2019', name: 'Gold', type: 'BINARY' };
    const { price } = await must(generate('gold plan/2019', { packageId: 'gold/ü 2019', name: 'Gold', feature: { create } }));
    expect(price).toMatchObject({ id: 'gold plan/2019', mapping: { packageId: 'gold/ü 2019' } });
    expect(await must(world.api.get(`/v1/features/${encodeURIComponent(create.id)}`))).toMatchObject({ type: 'BINARY' });
    const { data } = await must(world.api.get<{ data: { packageId: string }[] }>(`/v1/subscriptions?packageId=${encodeURIComponent('gold/ü 2019')}`));
    expect(data.length).toBeGreaterThan(0);
  });

  const fresh = { create: { id: 'fresh', name: 'Fresh', type: 'CONSUMABLE' } };
  it.each<[string, string, object, number, string]>([
    ['the price is a one-off', 'price_SetupFeeUsd', { packageId: 'half-made', feature: fresh }, 422, 'price_one_off'],
    ['nobody has seen the price', 'price_none', { packageId: 'half-made', feature: fresh }, 404, 'price_not_found'],
    ['the price is mapped', 'price_SeatsMonthUsd', { packageId: 'half-made', feature: fresh }, 409, 'price_mapped'],
    ['the package exists', 'price_SsoMonth', { packageId: 'team', feature: fresh }, 409, 'package_exists'],
    ['the feature exists', 'price_SsoMonth', { packageId: 'half-made', feature: { create: { ...fresh.create, id: 'seats' } } }, 409, 'feature_exists'],
    ['there is no such feature', 'price_SsoMonth', { packageId: 'half-made', feature: { id: 'fresh' } }, 422, 'feature_not_found'],
    ['a limit is put on a binary feature', 'price_SsoMonth', { packageId: 'half-made', feature: { id: 'support' }, limit: 3 }, 422, 'limit_on_binary'],
  ])('leaves nothing behind when %s', async (_why, priceId, body, status, code) => {
    const answer = await generate(priceId, body);
    expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
    expect((await world.api.get('/v1/packages/half-made')).status).toBe(404);
    expect((await world.api.get('/v1/features/fresh')).status).toBe(404);
    expect(await sql(`select 1 from price_mapping where price_id = 'price_SsoMonth'`)).toEqual([]);
  });

  it('is made once of many calls at the same moment', async () => {
    const asked = await Promise.all(Array.from({ length: 5 }, () => generate('price_SsoMonth', { packageId: 'sso', feature: { create: { id: 'sso', name: 'SSO', type: 'BINARY' } } })));
    expect(asked.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409, 409, 409]);
  });
});

describe('a price that only its subscription shows', () => {
  it('is mapped like any other', async () => {
    const { prices } = world.sandbox.truth();
    const inline = prices.find((entry) => entry.inline)?.price.id ?? '';
    expect(await get(inline)).toMatchObject({ state: 'UNMAPPED' });
    expect((await must(map(inline, 'team'))).price).toMatchObject({ state: 'MAPPED' });
  });
});
