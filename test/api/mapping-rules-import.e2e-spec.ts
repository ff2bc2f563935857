import { sqlRows } from '@app/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EntityManager } from '@mikro-orm/postgresql';

import { type Connected, importAccount, startConnected } from '../support/connected.js';
import { must } from '../support/stripe-world.js';

let world: Connected;
beforeAll(async () => {
  world = await startConnected(150);
  await must(world.api.post('/v1/features', { id: 'projects', name: 'Projects', type: 'BINARY' }));
  await must(world.api.post('/v1/packages', { id: 'custom', name: 'Custom', features: [{ featureId: 'projects' }] }));
  await must(world.api.post('/v1/packages/custom/publish'));
});
afterAll(() => world.close());

const sql = <Row extends object>(text: string, parameters: unknown[]) => sqlRows<Row>(world.api.app.get(EntityManager).fork(), text, parameters);

describe('a mapping rule for a product whose prices are in no list', () => {
  it('maps each of them with the page of the import that shows it first: none of their items ever waits', async () => {
    const { prices, subscriptions } = world.sandbox.truth();
    const inline = prices.filter((entry) => entry.inline).map(({ price }) => price);
    const [productId = ''] = [...Map.groupBy(inline, ({ product }) => product)].toSorted(([, one], [, other]) => other.length - one.length)[0] ?? [];
    const wanted = inline.filter(({ product }) => product === productId).map(({ id }) => id);
    const paying = subscriptions.filter(({ items }) => items.some(({ price }) => wanted.includes(price.id)));
    expect(wanted.length).toBeGreaterThan(5);

    await must(world.api.post('/v1/stripe/mapping-rules', { productId, packageId: 'custom' }));
    const run = await importAccount(world.api);

    const mapped = await sql<{ id: string }>(`select price_id as id from price_mapping where mapped_by = 'RULE' and package_id = 'custom' and price_id = any($1)`, [wanted]);
    const carried = wanted.filter((id) => paying.some(({ items }) => items.some(({ price }) => price.id === id)));
    expect(mapped.map(({ id }) => id).toSorted()).toEqual(carried.toSorted());
    const [items] = await sql<{ parked: number; all: number }>(
      `select count(*) filter (where parked_reason like 'PRICE%')::int as parked, count(*)::int as all from stripe_subscription_item where price_id = any($1)`, [wanted]);
    expect(items).toEqual({ parked: 0, all: paying.flatMap((one) => one.items.filter(({ price }) => wanted.includes(price.id))).length });
    expect(await sql(`select 1 from import_row where run_id = $1 and reasons::text like '%PRICE_UNMAPPED%' and stripe_subscription_id = any($2)`, [run, paying.filter(({ items: all }) => all.length === 1).map(({ id }) => id)])).toEqual([]);
  });
});
