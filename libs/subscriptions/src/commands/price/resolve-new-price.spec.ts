import { describe, expect, it } from '@jest/globals';

import type { AskedPrice, PriceGround, StandingRule } from './new-price.types.js';
import { resolveNewPrice } from './resolve-new-price.js';

const asked = (difference: Partial<AskedPrice> = {}): AskedPrice => ({ packageId: 'team', amount: 2000, currency: 'usd', interval: 'MONTH', intervalCount: 1, nickname: null, productId: null, ...difference });
const ground = (difference: Partial<PriceGround> = {}): PriceGround => ({ isConnected: true, wanted: { name: 'Team', status: 'PUBLISHED' }, named: null, ownProducts: [], rules: [], ...difference });
const rule = (difference: Partial<StandingRule> = {}): StandingRule => ({ id: 'mrule_1', productId: 'prod_1', interval: null, currency: null, packageId: 'business', packageStatus: 'PUBLISHED', ...difference });

const price = (difference: object = {}) => ({
  kind: 'REQUEST',
  request: { call: 'CREATE_PRICE', packageId: 'team', product: { name: 'Team' }, currency: 'usd', unitAmount: 2000, interval: 'month', intervalCount: 1, nickname: null, ...difference },
});
const refused = (code: string, because?: string[]) => ({ kind: 'REFUSED', code, ...(because === undefined ? {} : { because }) });

const OWN = { ownProducts: ['prod_1'] };
const NAMED = { named: { deleted: false } };

describe('the price that Stripe is to make', () => {
  it.each<[string, AskedPrice, PriceGround, object]>([
    ['is of a new product, named like the package', asked(), ground(), price()],
    ['is of the package’s own product', asked(), ground(OWN), price({ product: { id: 'prod_1' } })],
    ['is of the product that is named, whatever else there is', asked({ productId: 'prod_3' }), ground({ ...NAMED, ownProducts: ['prod_1', 'prod_2'] }), price({ product: { id: 'prod_3' } })],
    ['may be free', asked({ amount: 0 }), ground(), price({ unitAmount: 0 })],
    ['may be a draft’s', asked(), ground({ wanted: { name: 'Team', status: 'DRAFT' } }), price()],
    ['has a nickname', asked({ nickname: 'monthly' }), ground(), price({ nickname: 'monthly' })],
    ['may be paid by the day', asked({ interval: 'DAY', intervalCount: 1095 }), ground(), price({ interval: 'day', intervalCount: 1095 })],
    ['may be paid by the week', asked({ interval: 'WEEK', intervalCount: 156 }), ground(), price({ interval: 'week', intervalCount: 156 })],
    ['may be paid once in 36 months', asked({ intervalCount: 36 }), ground(), price({ intervalCount: 36 })],
    ['may be paid once in three years', asked({ interval: 'YEAR', intervalCount: 3 }), ground(), price({ interval: 'year', intervalCount: 3 })],
    ['may be in any whole yen', asked({ currency: 'jpy', amount: 501 }), ground(), price({ currency: 'jpy', unitAmount: 501 })],
    ['may be in tens of thousandths', asked({ currency: 'kwd', amount: 5120 }), ground(), price({ currency: 'kwd', unitAmount: 5120 })],
    ['may be in whole krónur', asked({ currency: 'isk', amount: 500 }), ground(), price({ currency: 'isk', unitAmount: 500 })],
    ['may fall under a rule that maps to the same package', asked(), ground({ ...OWN, rules: [rule({ packageId: 'team' })] }), price({ product: { id: 'prod_1' } })],
    ['may fall under no rule, as that is of another interval', asked(), ground({ ...OWN, rules: [rule({ interval: 'year' })] }), price({ product: { id: 'prod_1' } })],
    ['may fall under a rule that maps no more, as its package is archived', asked(), ground({ ...OWN, rules: [rule({ packageStatus: 'ARCHIVED' })] }), price({ product: { id: 'prod_1' } })],
  ])('%s', (_name, wanted, given, verdict) => {
    expect(resolveNewPrice(wanted, given)).toEqual(verdict);
  });
});

describe('no price is made', () => {
  it.each<[string, AskedPrice, PriceGround, object]>([
    ['while the account is disconnected', asked(), ground({ isConnected: false }), refused('connection_disconnected')],
    ['for a package that is not there', asked(), ground({ wanted: null }), refused('package_not_found')],
    ['for an archived one', asked(), ground({ wanted: { name: 'Team', status: 'ARCHIVED' } }), refused('package_archived')],
    ['in what is no currency', asked({ currency: 'xxx' }), ground(), refused('currency_unknown')],
    ['in single thousandths, which nobody can pay', asked({ currency: 'kwd', amount: 5124 }), ground(), refused('amount_not_payable')],
    ['in parts of krónur', asked({ currency: 'isk', amount: 550 }), ground(), refused('amount_not_payable')],
    ['in parts of shillings', asked({ currency: 'ugx', amount: 5001 }), ground(), refused('amount_not_payable')],
    ['to be paid in 1096 days', asked({ interval: 'DAY', intervalCount: 1096 }), ground(), refused('interval_too_long')],
    ['to be paid in 157 weeks', asked({ interval: 'WEEK', intervalCount: 157 }), ground(), refused('interval_too_long')],
    ['to be paid in 37 months', asked({ intervalCount: 37 }), ground(), refused('interval_too_long')],
    ['to be paid in four years', asked({ interval: 'YEAR', intervalCount: 4 }), ground(), refused('interval_too_long')],
    ['of a product that was never seen', asked({ productId: 'prod_9' }), ground(OWN), refused('product_not_found')],
    ['of a deleted product', asked({ productId: 'prod_9' }), ground({ named: { deleted: true } }), refused('product_deleted')],
    ['of one of several products, without saying of which', asked(), ground({ ownProducts: ['prod_1', 'prod_2'] }), refused('product_ambiguous', ['prod_1', 'prod_2'])],
    ['that a rule would map to another package', asked(), ground({ ...OWN, rules: [rule()] }), refused('product_ruled', ['mrule_1'])],
    ['of a named product, either', asked({ productId: 'prod_1' }), ground({ ...NAMED, rules: [rule({ currency: 'usd' })] }), refused('product_ruled', ['mrule_1'])],
    ['by the rule that says most', asked(), ground({ ...OWN, rules: [rule({ packageId: 'team' }), rule({ id: 'mrule_2', interval: 'month' })] }), refused('product_ruled', ['mrule_2'])],
  ])('%s', (_name, wanted, given, verdict) => {
    expect(resolveNewPrice(wanted, given)).toEqual(verdict);
  });
});
