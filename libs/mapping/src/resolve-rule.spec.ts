import type { PackageStatus } from '@app/catalog';
import { describe, expect, it } from '@jest/globals';

import { resolveRule, type RuledPrice } from './resolve-rule.js';

const rule = (name: string, interval: string | null, currency: string | null, packageStatus: PackageStatus = 'PUBLISHED', productId = 'prod_1') => ({ name, productId, interval, currency, packageStatus });

const exact = rule('interval and currency', 'month', 'usd');
const ofInterval = rule('interval', 'month', null);
const ofCurrency = rule('currency', null, 'usd');
const ofProduct = rule('product', null, null);
const every = [ofProduct, ofCurrency, ofInterval, exact];

const price = (difference: Partial<RuledPrice> = {}): RuledPrice => ({ productId: 'prod_1', type: 'recurring', interval: 'month', currency: 'usd', ...difference });

describe('the rule that maps a price', () => {
  it.each<[string, string | undefined, RuledPrice, typeof every]>([
    ['is the one for its interval and currency', 'interval and currency', price(), every],
    ['is the one for its interval rather than for its currency', 'interval', price(), [ofProduct, ofCurrency, ofInterval]],
    ['is the one for its currency rather than for the whole product', 'currency', price(), [ofProduct, ofCurrency]],
    ['is the one for its product where no other fits', 'product', price({ interval: 'year', currency: 'eur' }), every],
    ['is the one for its currency where its interval has none', 'currency', price({ interval: 'year' }), every],
    ['is the one for its interval where its currency has none', 'interval', price({ currency: 'eur' }), every],
    ['is none for another product', undefined, price({ productId: 'prod_2' }), every],
    ['is none where none fits', undefined, price({ interval: 'year', currency: 'eur' }), [exact, ofInterval, ofCurrency]],
    ['is none without rules', undefined, price(), []],
    ['is none for a one-off price', undefined, price({ type: 'one_time', interval: null }), every],
    ['may lead to a draft', 'interval and currency', price(), [rule('interval and currency', 'month', 'usd', 'DRAFT')]],
    ['is none where the closest leads to an archived package', undefined, price(), [ofProduct, rule('archived', 'month', null, 'ARCHIVED')]],
    ['is not held up by an archived package of a rule less close', 'interval and currency', price(), [rule('archived', null, null, 'ARCHIVED'), exact]],
  ])('%s', (_what, name, seen, rules) => {
    expect(resolveRule(seen, rules)?.name).toBe(name);
    expect(resolveRule(seen, rules.toReversed())?.name).toBe(name);
  });
});
