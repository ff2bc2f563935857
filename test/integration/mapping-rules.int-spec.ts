import { MappingRuleService, PriceApplier } from '@app/mapping';
import type { PriceSnapshot } from '@app/stripe';
import { IssueDeriver } from '@app/subscriptions';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { noteStatements } from '../support/count-statements.js';
import { priceOf, productOf, subscriptionOf } from '../support/snapshots.js';
import { hold, must, ONLY, startStripeWorld, type StripeWorld, untilBlocked } from '../support/stripe-world.js';

/** Each test has a product, a price and a subscription of its own; packages are shared. */
let world: StripeWorld;
let number = 0;
let product: string;
let price: string;
let subscription: string;

beforeAll(async () => {
  world = await startStripeWorld();
  await world.connect(ONLY);
  await world.publish('team');
  await world.publish('business');
});
afterAll(() => world.close());
beforeEach(async () => {
  number += 1;
  [product, price, subscription] = [`prod_${number}`, `price_${number}`, `sub_${number}`];
  await world.api.app.get(PriceApplier, { strict: false }).applyProducts(world.em(), ONLY, [productOf(product)]);
  world.api.clock.advance(1000);
});

interface Made {
  id: string;
  mapped: string[];
  converted: { subscriptions: number; users: number };
}
const rule = (packageId: string, terms: object = {}) => world.api.post<Made>('/v1/stripe/mapping-rules', { productId: product, packageId, ...terms });
const named = (name: string): string => `${price} ${name}`;
const ours = (id = price, difference: Partial<PriceSnapshot> = {}) => priceOf(id, { productId: product, ...difference });
const seen = (...prices: PriceSnapshot[]) => world.api.app.get(PriceApplier, { strict: false }).applyPrices(world.em(), ONLY, prices);
const subscribed = (id = price, name = subscription) => {
  const whole = subscriptionOf(name, [id]);
  return { ...whole, items: whole.items.map((item) => ({ ...item, productId: product })) };
};

/** The package and the way it came to it, of each price of the test's product that is mapped. */
async function mappings(): Promise<Record<string, string>> {
  const rows = await world.sql<{ price_id: string; package_id: string; mapped_by: string }>(
    `select m.* from price_mapping m join stripe_price p on p.connection_id = m.connection_id and p.id = m.price_id
      where p.connection_id = $1 and p.product_id = $2 order by 1, 2`,
    [ONLY, product],
  );
  return Object.fromEntries(rows.map((row) => [row.price_id.replace(`${price} `, ''), `${row.package_id} by ${row.mapped_by}`]));
}

async function standing(name = subscription): Promise<unknown[]> {
  return world.sql(
    `select i.parked_reason as parked, p.package_id as package from stripe_subscription_item i
       left join package_subscription p on p.connection_id = i.connection_id and p.stripe_item_id = i.id and p.ended_at is null
      where i.connection_id = $1 and i.subscription_id = $2 order by i.id`,
    [ONLY, name],
  );
}

describe('a price that a rule is for', () => {
  it('is mapped with the page of subscriptions that shows it first: nothing of it is parked', async () => {
    await must(rule('team'));
    const { subscriptions } = await world.apply({ subscriptions: [subscribed()], newPrices: [ours()] });
    expect(subscriptions).toMatchObject([{ result: 'CREATED', parkedItems: 0, reasons: [] }]);
    expect(await mappings()).toEqual({ [price]: 'team by RULE' });
    expect(await standing()).toEqual([{ parked: null, package: 'team' }]);
  });

  it('is mapped when the price list, or an event, shows it first', async () => {
    await must(rule('team'));
    expect(await seen(ours())).toEqual({ added: [price], mapped: [price], changed: [] });
    expect(await mappings()).toEqual({ [price]: 'team by RULE' });
    await world.apply({ subscriptions: [subscribed()] });
    expect(await standing()).toEqual([{ parked: null, package: 'team' }]);
  });

  it('follows the rule that says most', async () => {
    await must(rule('team'));
    await must(rule('business', { interval: 'year' }));
    await seen(ours(named('month')), ours(named('year'), { interval: 'year' }), ours(named('once'), { type: 'one_time', interval: null, intervalCount: null }));
    expect(await mappings()).toEqual({ month: 'team by RULE', year: 'business by RULE' });
  });

  it('is mapped to a draft, too, and waits until that is published', async () => {
    await world.draft('sketch');
    await must(rule('sketch'));
    await world.apply({ subscriptions: [subscribed()], newPrices: [ours()] });
    expect(await standing()).toEqual([{ parked: 'PACKAGE_NOT_PUBLISHED', package: null }]);
    await must(world.api.post('/v1/packages/sketch/publish'));
    expect(await standing()).toEqual([{ parked: null, package: 'sketch' }]);
  });

  it('stays unmapped, with its issue, once the rule’s package is archived; what the rule mapped before stays', async () => {
    await world.publish('old');
    await must(rule('old'));
    await must(rule('team', { interval: 'year' }));
    await seen(ours(named('before')));
    await must(world.api.post('/v1/packages/old/archive'));
    await world.apply({ subscriptions: [subscribed()], newPrices: [ours(), ours(named('yearly'), { interval: 'year' })] });
    expect(await mappings()).toEqual({ before: 'old by RULE', yearly: 'team by RULE' });
    expect(await standing()).toEqual([{ parked: 'PRICE_UNMAPPED', package: null }]);
    await world.api.app.get(IssueDeriver, { strict: false }).refresh(world.em(), ONLY);
    expect(await world.sql(`select kind from sync_issue where status = 'OPEN' and subject_id = $1`, [price])).toEqual([{ kind: 'PRICE_UNMAPPED' }]);
  });

  it('is not mapped by a rule of another account', async () => {
    const other = `conn_${number}`;
    await world.connect(other);
    const applier = world.api.app.get(PriceApplier, { strict: false });
    await applier.applyProducts(world.em(), other, [productOf(product)]);
    await must(rule('team', { connectionId: other }));
    await seen(ours());
    expect(await mappings()).toEqual({});
    await world.sql(`delete from mapping_rule where connection_id = $1`, [other]);
    await world.sql(`delete from stripe_product where connection_id = $1`, [other]);
    await world.sql(`delete from stripe_connection where id = $1`, [other]);
  });

  it('costs a page the same number of statements, however many there are', async () => {
    await must(rule('team'));
    const statements = async (name: string, count: number): Promise<number> => {
      const ids = Array.from({ length: count }, (_, index) => `${price}_${name}_${index}`);
      return world.em().transactional(async (transaction) => {
        const noted = noteStatements(transaction);
        await world.applyIn(noted.em, { subscriptions: ids.map((id) => subscribed(id, `sub_${id}`)), newPrices: ids.map((id) => ours(id)) });
        return noted.statements.length;
      });
    };
    expect(await statements('many', 60)).toBe(await statements('few', 2));
  });
});

describe('a price that was seen before a rule', () => {
  it('stays as it was', async () => {
    await world.apply({ subscriptions: [subscribed()], newPrices: [ours()] });
    expect(await must(rule('team'))).toMatchObject({ mapped: [], converted: { subscriptions: 0 } });
    await seen(ours(price, { nickname: 'Changed' }));
    await world.apply({ subscriptions: [subscribed()], newPrices: [ours()] });
    expect(await standing()).toEqual([{ parked: 'PRICE_UNMAPPED', package: null }]);
  });

  it('is mapped where the rule is to apply to it, and what waits on it is converted', async () => {
    await world.apply({ subscriptions: [subscribed()], newPrices: [ours()] });
    expect(await must(rule('team', { applyToExisting: true }))).toMatchObject({ mapped: [price], converted: { subscriptions: 1, users: 1 } });
    expect(await mappings()).toEqual({ [price]: 'team by RULE' });
    expect(await standing()).toEqual([{ parked: null, package: 'team' }]);
  });

  it('is left alone if it is mapped, ignored, one-off, not meant, or another rule’s', async () => {
    await seen(ours(named('mapped')), ours(named('ignored')), ours(named('once'), { type: 'one_time', interval: null }), ours(named('euro'), { currency: 'eur' }), ours(named('yearly'), { interval: 'year' }), ours(named('free')));
    await world.map({ [named('mapped')]: 'business' });
    await must(world.api.post(`/v1/stripe/prices/${encodeURIComponent(named('ignored'))}/ignore`, { reason: 'Consulting' }));
    await must(rule('business', { interval: 'year', currency: 'usd' }));
    expect(await must(rule('team', { currency: 'usd', applyToExisting: true }))).toMatchObject({ mapped: [named('free')] });
    expect(await mappings()).toEqual({ free: 'team by RULE', mapped: 'business by USER' });
  });

  it('waits on for a draft', async () => {
    await world.draft(`sketch ${number}`);
    await world.apply({ subscriptions: [subscribed()], newPrices: [ours()] });
    expect(await must(rule(`sketch ${number}`, { applyToExisting: true }))).toMatchObject({ mapped: [price], converted: { subscriptions: 0 } });
    expect(await standing()).toEqual([{ parked: 'PACKAGE_NOT_PUBLISHED', package: null }]);
  });
});

describe('a rule that is deleted', () => {
  it('leaves the mappings that it made, and maps no more', async () => {
    const made = await must(rule('team'));
    await seen(ours(named('before')));
    expect((await world.api.delete(`/v1/stripe/mapping-rules/${made.id}`)).status).toBe(204);
    await seen(ours(named('after')));
    expect(await mappings()).toEqual({ before: 'team by RULE' });
  });
});

describe('at the same moment', () => {
  it('a rule waits for the page that shows a price first, and then finds it', async () => {
    const page = await world.hold({ subscriptions: [subscribed()], newPrices: [ours()] });
    const making = rule('team', { applyToExisting: true });
    await untilBlocked(world);
    expect((await page.commit()).subscriptions).toMatchObject([{ result: 'PARKED' }]);
    expect(await must(making)).toMatchObject({ mapped: [price], converted: { subscriptions: 1 } });
    expect(await standing()).toEqual([{ parked: null, package: 'team' }]);
  });

  it('a page that shows a price first waits for the rule, and is mapped by it', async () => {
    const rules = world.api.app.get(MappingRuleService, { strict: false });
    const making = await hold(world.em(), (em) => rules.createIn(em, ONLY, { productId: product, interval: null, currency: null, packageId: 'team' }));
    const page = world.apply({ subscriptions: [subscribed()], newPrices: [ours()] });
    await untilBlocked(world);
    await making.commit();
    expect((await page).subscriptions).toMatchObject([{ result: 'CREATED', parkedItems: 0 }]);
    expect(await mappings()).toEqual({ [price]: 'team by RULE' });
  });

  it('two pages that show the same price map it once', async () => {
    await must(rule('team'));
    const one = await world.hold({ subscriptions: [subscribed()], newPrices: [ours()] });
    const other = world.apply({ subscriptions: [subscribed(price, `${subscription}_other`)], newPrices: [ours()] });
    await untilBlocked(world);
    await one.commit();
    expect((await other).subscriptions).toMatchObject([{ result: 'CREATED', parkedItems: 0 }]);
    expect(await mappings()).toEqual({ [price]: 'team by RULE' });
  });

  it('two people who ask for the same rule get one', async () => {
    const answers = await Promise.all([rule('team'), rule('business')]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 409]));
  });
});
