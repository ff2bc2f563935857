import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { priceOf, subscriptionOf } from '../support/snapshots.js';
import { must, ONLY, startStripeWorld, type StripeWorld } from '../support/stripe-world.js';

interface Rule {
  id: string;
  product: { id: string; name: string };
  interval: string | null;
  currency: string | null;
  packageId: string;
  packageStatus: string;
  mapped: string[];
  converted: { subscriptions: number };
}
interface Problem {
  code: string;
  detail: string;
  errors: { pointer: string }[];
}

let world: StripeWorld;
beforeAll(async () => {
  world = await startStripeWorld();
  await world.connect(ONLY);
  await world.publish('team');
  await world.publish('old');
  await world.draft('sketch');
  await must(world.api.post('/v1/packages/old/archive'));
  await world.prices(['a', 'b', 'c', 'd'].map((id) => priceOf(id)));
});
afterAll(() => world.close());

const PATH = '/v1/stripe/mapping-rules';
const make = (body: object) => world.api.post<Rule & Problem>(PATH, body);
const list = (query = '') => world.api.get<{ data: Rule[]; nextCursor: string | null }>(`${PATH}?${query}`);

describe('making a mapping rule', () => {
  it('answers it, with what it did, and where it is', async () => {
    const { status, headers, body } = await make({ productId: 'prod_a', packageId: 'team', interval: 'month', currency: 'usd', applyToExisting: true });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^mrule_[0-9a-z]{26}$/) as unknown,
      connectionId: ONLY,
      product: { id: 'prod_a', name: 'Product prod_a' },
      interval: 'month',
      currency: 'usd',
      packageId: 'team',
      packageStatus: 'PUBLISHED',
      createdAt: world.api.clock.now().toISOString(),
      mapped: ['a'],
      converted: { subscriptions: 0, users: 0, unfinished: false },
    });
    const { mapped: _mapped, converted: _converted, ...rule } = body;
    expect((await world.api.get(headers.get('location') ?? '')).body).toEqual(rule);
    expect((await world.api.get('/v1/stripe/prices/a')).body).toMatchObject({ mapping: { packageId: 'team', mappedBy: 'RULE', revision: 1 } });
  });

  it.each([
    ['no product', { packageId: 'team' }, 400, 'request_invalid', '/productId'],
    ['an interval that Stripe does not have', { productId: 'prod_a', packageId: 'team', interval: 'fortnight' }, 400, 'request_invalid', '/interval'],
    ['a currency in capitals', { productId: 'prod_a', packageId: 'team', currency: 'USD' }, 400, 'request_invalid', '/currency'],
    ['a member that is none', { productId: 'prod_a', packageId: 'team', product: 'prod_a' }, 400, 'request_invalid', '/product'],
    ['a product that was never seen', { productId: 'prod_none', packageId: 'team' }, 422, 'product_not_found', '/productId'],
    ['a package that is not there', { productId: 'prod_a', packageId: 'none' }, 422, 'package_not_found', '/packageId'],
    ['an archived package', { productId: 'prod_a', packageId: 'old' }, 422, 'package_archived', '/packageId'],
    ['an account that is not there', { productId: 'prod_a', packageId: 'team', connectionId: 'conn_none' }, 404, 'connection_not_found', undefined],
  ])('is refused with %s', async (_what, body, status, code, pointer) => {
    const answer = await make(body);
    expect(answer).toMatchObject({ status, body: { code } });
    expect(answer.body.errors[0]?.pointer).toBe(pointer);
  });

  it('is refused where there is such a rule, and says which', async () => {
    const first = await must(make({ productId: 'prod_b', packageId: 'team', interval: 'month' }));
    const second = await make({ productId: 'prod_b', packageId: 'sketch', interval: 'month', applyToExisting: true });
    expect(second).toMatchObject({ status: 409, body: { code: 'rule_exists', detail: expect.stringContaining(first.id) as unknown } });
    expect((await world.api.get('/v1/stripe/prices/b')).body).toMatchObject({ state: 'UNMAPPED' });
    for (const other of [{}, { currency: 'usd' }, { interval: 'year' }, { interval: 'month', currency: 'usd' }]) {
      expect((await make({ productId: 'prod_b', packageId: 'sketch', ...other })).status).toBe(201);
    }
  });

  it('changes nothing where somebody is subscribed through a price that is not mapped any more', async () => {
    await must(world.api.put('/v1/stripe/prices/d/mapping', { packageId: 'team' }));
    await world.apply({ subscriptions: [subscriptionOf('sub_d', ['d'])] });
    await world.sql(`delete from price_mapping where price_id = 'd'`);
    expect(await make({ productId: 'prod_d', packageId: 'team', applyToExisting: true })).toMatchObject({ status: 409, body: { code: 'preview_required', errors: [{ pointer: '/applyToExisting' }] } });
    expect(await must(list('productId=prod_d'))).toMatchObject({ data: [] });
  });
});

describe('mapping rules', () => {
  it('are listed newest first, page by page, for one product or for all', async () => {
    await must(make({ productId: 'prod_c', packageId: 'team' }));
    world.api.clock.advance(1000);
    await must(make({ productId: 'prod_c', packageId: 'sketch', interval: 'year' }));
    const { data } = await must(list('productId=prod_c'));
    expect(data.map(({ packageId, packageStatus }) => [packageId, packageStatus])).toEqual([['sketch', 'DRAFT'], ['team', 'PUBLISHED']]);
    const { data: [first], nextCursor } = await must(list('productId=prod_c&limit=1'));
    expect(first).toEqual(data[0]);
    expect((await must(list(`productId=prod_c&limit=1&cursor=${encodeURIComponent(nextCursor ?? '')}`))).data).toEqual([data[1]]);
    expect((await must(list('limit=100'))).data.length).toBeGreaterThan(2);
  });

  it('keep their draft from being deleted', async () => {
    expect((await world.api.delete('/v1/packages/sketch'))).toMatchObject({ status: 409, body: { code: 'package_in_use' } });
  });

  it('are gone when they are deleted', async () => {
    const { id } = await must(make({ productId: 'prod_c', packageId: 'team', currency: 'eur' }));
    expect((await world.api.delete(`${PATH}/${id}`)).status).toBe(204);
    expect(await world.api.delete(`${PATH}/${id}`)).toMatchObject({ status: 404, body: { code: 'rule_not_found' } });
    expect(await world.api.get(`${PATH}/${id}`)).toMatchObject({ status: 404, body: { code: 'rule_not_found' } });
  });

  it('are of one account each, which must be named where there are several', async () => {
    await world.connect('conn_other');
    await world.prices([priceOf('a')], 'conn_other');
    expect(await make({ productId: 'prod_a', packageId: 'team' })).toMatchObject({ status: 400, body: { code: 'connection_required' } });
    expect(await list()).toMatchObject({ status: 400, body: { code: 'connection_required' } });
    await must(make({ productId: 'prod_a', packageId: 'team', connectionId: 'conn_other', interval: 'month', currency: 'usd' }));
    expect((await must(list('connectionId=conn_other'))).data).toHaveLength(1);
  });
});

describe('a price', () => {
  interface Price {
    product: { prices: number; ruleSuggested: boolean };
  }
  const product = async (id: string) => (await must(world.api.get<Price>(`/v1/stripe/connections/${ONLY}/prices/${id}`))).product;
  const many = async (name: string, count: number, difference: object = {}): Promise<void> =>
    world.prices(Array.from({ length: count }, (_, index) => priceOf(`${name}${index}`, { productId: `prod_${name}`, ...difference })));
  const mapped = (...priceIds: string[]) => world.map(Object.fromEntries(priceIds.map((id) => [id, 'team'])), ONLY);

  it('says how many its product has, and suggests a rule for five of which one is unmapped', async () => {
    await many('four', 4);
    await many('five', 5);
    expect([await product('four0'), await product('five0')]).toMatchObject([{ prices: 4, ruleSuggested: false }, { prices: 5, ruleSuggested: true }]);
    await mapped('five0', 'five1', 'five2', 'five3');
    expect(await product('five0')).toMatchObject({ prices: 5, ruleSuggested: true });
    await mapped('five4');
    expect(await product('five0')).toMatchObject({ prices: 5, ruleSuggested: false });
  });

  it('counts neither one-off prices nor, as unmapped, ignored ones', async () => {
    await many('once', 5, { type: 'one_time', interval: null });
    expect(await product('once0')).toMatchObject({ prices: 0, ruleSuggested: false });
    await many('shut', 5);
    await mapped('shut1', 'shut2', 'shut3', 'shut4');
    await must(world.api.post(`/v1/stripe/connections/${ONLY}/prices/shut0/ignore`, { reason: 'Consulting' }));
    expect(await product('shut0')).toMatchObject({ prices: 5, ruleSuggested: false });
  });

  it('suggests no rule where there is one for the whole product', async () => {
    await many('ruled', 5);
    await must(make({ productId: 'prod_ruled', packageId: 'team', connectionId: ONLY, interval: 'year' }));
    expect(await product('ruled0')).toMatchObject({ ruleSuggested: true });
    await must(make({ productId: 'prod_ruled', packageId: 'team', connectionId: ONLY }));
    expect(await product('ruled0')).toMatchObject({ ruleSuggested: false });
  });
});
