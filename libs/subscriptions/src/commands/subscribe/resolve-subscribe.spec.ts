import { describe, expect, it } from '@jest/globals';

import type { HeldPackage, WantedPackage } from '../../manual/manual.types.js';
import { resolveSubscribe } from './resolve-subscribe.js';
import { resolveWantedPrices } from './resolve-wanted-prices.js';
import type { AskedSubscribe, OfferedPrice, PriceWish, SubscribeGround } from './subscribe.types.js';

const AT = '2026-03-01T12:00:00.000Z';
const LATER = '2026-04-01T12:00:00.000Z';
const NO_WISH: PriceWish = { priceIds: [], currency: null, interval: null, intervalCount: null };

const price = (id: string, interval = 'month', currencies = ['usd'], difference: Partial<OfferedPrice> = {}): OfferedPrice => ({ id, currency: currencies[0] ?? 'usd', currencies, interval, intervalCount: 1, usageType: 'licensed', ...difference });
const MONTHLY = price('m');
const YEARLY = price('y', 'year');
const EURO = price('e', 'month', ['eur', 'gbp']);
const QUARTERLY = price('q', 'month', ['usd'], { intervalCount: 3 });
const SEATS = price('s');
const SEATS_YEARLY = price('sy', 'year');

const refused = (code: string, because: string[]) => ({ kind: 'REFUSED', code, because });
const prices = (...ids: string[]) => ({ kind: 'PRICES', prices: ids.map((id) => expect.objectContaining({ id })) });

describe('the prices of packages', () => {
  it.each<[string, OfferedPrice[][], Partial<PriceWish>, object]>([
    ['the only one there is', [[MONTHLY]], {}, prices('m')],
    ['none', [[MONTHLY], []], {}, refused('price_not_found', [])],
    ['several, and nothing said', [[MONTHLY, YEARLY]], {}, refused('price_ambiguous', ['m', 'y'])],
    ['the one of an interval', [[MONTHLY, YEARLY, QUARTERLY]], { interval: 'month' }, prices('m')],
    ['the one of three intervals', [[MONTHLY, YEARLY, QUARTERLY]], { interval: 'month', intervalCount: 3 }, prices('q')],
    ['the one of a currency, its other ones too', [[MONTHLY, EURO]], { currency: 'gbp' }, prices('e')],
    ['none of a currency', [[MONTHLY, YEARLY]], { currency: 'eur' }, refused('price_not_found', ['m', 'y'])],
    ['the named one', [[MONTHLY, YEARLY]], { priceIds: ['y'], currency: 'usd', interval: 'year' }, prices('y')],
    ['a named one that is paid less often than the call says', [[MONTHLY, YEARLY]], { priceIds: ['y'], interval: 'month' }, refused('price_differs', ['y'])],
    ['a named one that is not paid in the currency', [[MONTHLY, EURO], [SEATS]], { priceIds: ['e'], currency: 'usd' }, refused('price_differs', ['e'])],
    ['a named one beside one as often as the call says', [[MONTHLY, YEARLY], [SEATS, SEATS_YEARLY]], { priceIds: ['y'], interval: 'month' }, prices('y', 's')],
    ['one that is no price of theirs', [[MONTHLY]], { priceIds: ['x'] }, refused('price_not_found', ['m'])],
    ['two named of one package', [[MONTHLY, YEARLY]], { priceIds: ['m', 'y'] }, refused('price_ambiguous', ['m', 'y'])],
    ['an add-on’s, paid like the base', [[YEARLY], [SEATS, SEATS_YEARLY]], {}, prices('y', 'sy')],
    ['an add-on’s, paid like the named base', [[SEATS, SEATS_YEARLY], [MONTHLY, YEARLY]], { priceIds: ['m'] }, prices('s', 'm')],
    ['nothing certain to be paid like', [[MONTHLY, YEARLY], [SEATS, SEATS_YEARLY]], {}, refused('price_ambiguous', ['m', 'y'])],
    ['none that is paid like the base', [[QUARTERLY], [SEATS, SEATS_YEARLY]], {}, refused('price_ambiguous', ['s', 'sy'])],
  ])('%s', (_name, offered, wish, verdict) => {
    expect(resolveWantedPrices(offered, { ...NO_WISH, ...wish })).toEqual(verdict);
  });
});

const wanting = (packageId: string, difference: Partial<WantedPackage> = {}): WantedPackage => ({ packageId, isAddon: false, requiresBase: false, basePackageIds: [], status: 'PUBLISHED', ...difference });
const TEAM: HeldPackage = { packageId: 'team', isAddon: false, requiresBase: false, basePackageIds: [], subscriptionId: 'psub_1', source: 'STRIPE', endsAt: null };

const asking = (difference: Partial<AskedSubscribe> = {}): AskedSubscribe => ({ packageIds: ['team'], quantity: 2, wish: NO_WISH, trialDays: null, daysUntilDue: null, cancelAt: null, ...difference });
const ground = (difference: Partial<SubscribeGround> = {}): SubscribeGround => ({ isConnected: true, payer: { kind: 'KNOWN', id: 'cus_1' }, held: [], wanted: [wanting('team')], offered: [[MONTHLY]], now: AT, ...difference });
const terms = (difference: object = {}) => ({ kind: 'TERMS', terms: { items: [{ price: 'm', quantity: 2 }], currency: null, trialDays: null, daysUntilDue: null, cancelAt: null, ...difference } });

describe('what a user is subscribed by', () => {
  it.each<[string, AskedSubscribe, SubscribeGround, object]>([
    ['a price and a quantity', asking(), ground(), terms()],
    ['whoever has no customer yet', asking(), ground({ payer: { kind: 'NONE' } }), terms()],
    ['no quantity of what is metered', asking(), ground({ offered: [[{ ...MONTHLY, usageType: 'metered' }]] }), terms({ items: [{ price: 'm' }] })],
    ['a trial, a time and invoices, as asked', asking({ trialDays: 7, daysUntilDue: 30, cancelAt: LATER }), ground(), terms({ trialDays: 7, daysUntilDue: 30, cancelAt: LATER })],
    ['the currency that was asked for', asking({ wish: { ...NO_WISH, currency: 'usd' } }), ground(), terms({ currency: 'usd' })],
    ['nobody where the account is disconnected', asking(), ground({ isConnected: false }), { kind: 'REFUSED', code: 'connection_disconnected' }],
    ['nobody whose customers were all deleted', asking(), ground({ payer: { kind: 'DELETED' } }), { kind: 'REFUSED', code: 'customer_deleted' }],
    ['not until a time that is past', asking({ cancelAt: AT }), ground(), { kind: 'REFUSED', code: 'cancel_at_past' }],
    ['not twice', asking(), ground({ held: [TEAM] }), { kind: 'REFUSED', code: 'already_subscribed', because: ['team'], packages: [{ code: 'already_subscribed', index: 0, because: 'team' }] }],
    ['not to what is not there', asking(), ground({ wanted: [null] }), { kind: 'REFUSED', code: 'package_not_found', because: [], packages: [{ code: 'package_not_found', index: 0, because: null }] }],
    ['not without a price', asking(), ground({ offered: [[]] }), { kind: 'REFUSED', code: 'price_not_found', because: [] }],
  ])('%s', (_name, asked, given, verdict) => {
    expect(resolveSubscribe(asked, given)).toEqual(verdict);
  });
});
