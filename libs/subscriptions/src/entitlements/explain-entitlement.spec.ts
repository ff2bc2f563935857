import { describe, expect, it } from '@jest/globals';

import type { EntitlementInput } from './entitlement.types.js';
import { checkEntitlement } from './check-entitlement.js';
import { explainEntitlement } from './explain-entitlement.js';
import type { EvidenceRow, ParkedRow } from './why.queries.js';

const NOW = new Date('2026-06-01T12:00:00Z');
const EARLIER = '2026-05-01 12:00:00+00';

const terms = { featureId: 'calls', name: null, limit: 10, resetPeriod: null, overageEnabled: false, scalesWithQuantity: true };
const input: EntitlementInput = {
  feature: { id: 'calls', type: 'CONSUMABLE' },
  subscriptions: [{ id: 'psub_1', packageId: 'gold', status: 'ACTIVE', quantity: 3, givesAccess: true, accessUntil: null, startedAt: NOW, usageAnchor: NOW }],
  packages: new Map([
    ['gold', { id: 'gold', name: 'Gold', limitsAdd: false, terms }],
    ['plus', { id: 'plus', name: 'Plus', limitsAdd: false, terms: { ...terms, limit: null } }],
  ]),
  delta: 1,
  used: 0,
  period: null,
  now: NOW,
};

function row(difference: Partial<EvidenceRow>): EvidenceRow {
  return {
    userKey: 'usr_1',
    id: 'psub_1',
    packageId: 'gold',
    packageName: 'Gold',
    status: 'ACTIVE',
    source: 'STRIPE',
    quantity: '3',
    givesAccess: true,
    accessUntil: null,
    startedAt: EARLIER,
    endedAt: null,
    pauseBehavior: null,
    createdBy: null,
    connectionId: 'conn_1',
    stripeSubscriptionId: 'sub_1',
    stripeStatus: 'active',
    stripeItemId: 'si_1',
    stripePriceId: 'price_1',
    customerId: 'cus_1',
    matchedBy: 'EMAIL',
    matchedAt: EARLIER,
    nickname: null,
    productId: 'prod_1',
    productName: null,
    mappedPackageId: 'gold',
    mappedBy: 'USER',
    mappedAt: EARLIER,
    ...difference,
  };
}

function why(rows: EvidenceRow[], parked: ParkedRow[] = []) {
  return explainEntitlement(input, checkEntitlement(input), { subscriptions: rows, parked, customers: [] });
}

const PAYS = 'Stripe subscription sub_1 (active) pays for price price_1, which stands for package "Gold",';

describe('explainEntitlement', () => {
  it.each<[string, Partial<EvidenceRow>, string, string]>([
    ['what counts', {}, 'COUNTS', `${PAYS} and counts: the package has 10 times the quantity of 3 of the feature.`],
    ['a metered item', { quantity: null }, 'COUNTS', `${PAYS} and counts: the package has 10 times the quantity of 1 of the feature.`],
    ['what ended', { endedAt: EARLIER }, 'ENDED', `${PAYS} but ended on 2026-05-01T12:00:00.000Z.`],
    ['a quantity of 0', { quantity: '0', givesAccess: false }, 'QUANTITY_ZERO', `${PAYS} but with a quantity of 0.`],
    ['a package without it', { packageId: 'iron' }, 'FEATURE_NOT_IN_PACKAGE', `${PAYS} but that package does not have the feature.`],
    [
      'an unpaid one',
      { status: 'UNPAID', givesAccess: false },
      'SUBSCRIPTION_NOT_ACTIVE',
      `${PAYS} but gives no access: it is UNPAID, and only ACTIVE and TRIALING give it.`,
    ],
    [
      'paused collection',
      { pauseBehavior: 'void', givesAccess: false },
      'SUBSCRIPTION_NOT_ACTIVE',
      `${PAYS} but gives no access: its collection is paused, and this connection then gives none.`,
    ],
    [
      'a grace period that is over',
      { status: 'PAST_DUE', accessUntil: EARLIER },
      'SUBSCRIPTION_NOT_ACTIVE',
      `${PAYS} but gives no access: it is PAST_DUE, and its grace period ended on 2026-05-01T12:00:00.000Z.`,
    ],
    [
      'a subscription as a whole without a limit',
      { packageId: 'plus', packageName: 'Plus', stripeItemId: null, stripePriceId: null },
      'COUNTS',
      'Stripe subscription sub_1 (active) stands as a whole for package "Plus", and counts: the package has the feature without a limit.',
    ],
    [
      'a manual one',
      { source: 'KANA', createdBy: 'key_1', connectionId: null, stripeSubscriptionId: null, stripePriceId: null },
      'COUNTS',
      'Package "Gold" was given by Kana itself, by API key key_1, and counts: the package has 10 times the quantity of 3 of the feature.',
    ],
    [
      'a manual one that has run out, and whose record does not say so yet',
      { source: 'KANA', accessUntil: EARLIER, connectionId: null, stripeSubscriptionId: null, stripePriceId: null },
      'ENDED',
      'Package "Gold" was given by Kana itself, but ended on 2026-05-01T12:00:00.000Z.',
    ],
  ])('says of %s', (_name, difference, code, text) => {
    const [subscription] = why([row(difference)]).subscriptions;
    expect([subscription?.code, subscription?.text]).toEqual([code, text]);
  });

  it('marks the package whose terms the answer is counted by', () => {
    const rows = [row({}), row({ id: 'psub_2', packageId: 'plus' }), row({ id: 'psub_3', status: 'UNPAID', givesAccess: false })];
    expect(why(rows).subscriptions.map(({ wins }) => wins)).toEqual([true, false, false]);
  });

  it('shows that a price is no longer mapped, and a customer no longer linked', () => {
    const [subscription] = why([row({ mappedPackageId: null, mappedBy: null, mappedAt: null, matchedBy: null, matchedAt: null })]).subscriptions;
    expect(subscription?.stripe).toMatchObject({ mapping: null, customer: null, price: { id: 'price_1' } });
  });

  it.each([
    ['PRICE_UNMAPPED', null, 'that price is not mapped to a package; map it to give access.'],
    ['PRICE_IGNORED', null, 'that price is ignored: it stands for no package.'],
    ['PACKAGE_NOT_PUBLISHED', 'gold', 'package "gold", which it is mapped to, is still a draft; publish it to give access.'],
    ['SOMETHING_NEW', null, 'that item is parked (SOMETHING_NEW).'],
  ])('says of an item parked as %s what would help', (parkedReason, mappedPackageId, end) => {
    const names = { nickname: 'monthly', productId: 'prod_1', productName: 'Gold plan' };
    const ids = { userKey: 'usr_1', connectionId: 'conn_1', customerId: 'cus_1', subscriptionId: 'sub_1', itemId: 'si_1', priceId: 'price_1' };
    const [item] = why([], [{ ...ids, ...names, parkedReason, stripeStatus: 'active', mappedPackageId }]).parked;
    expect(item?.text).toBe(`Stripe subscription sub_1 (active) pays for price price_1 ("Gold plan, monthly"), but ${end}`);
  });
});

describe('the period of usage', () => {
  const start = new Date('2026-05-31T10:00:00Z');
  const end = new Date('2026-06-30T10:00:00Z');

  it.each([
    ['one with both ends', { start, end }, ' Usage counts from 2026-05-31T10:00:00.000Z until 2026-06-30T10:00:00.000Z.'],
    ['one that never ends', { start, end: null }, ' Usage counts from 2026-05-31T10:00:00.000Z on and is never reset.'],
    ['one that is still to begin', { start: null, end }, ' Usage counts until 2026-06-30T10:00:00.000Z.'],
  ])('is said of the terms that win: %s', (_name, period, sentence) => {
    const given = { ...input, period };
    const evidence = { subscriptions: [row({}), row({ id: 'psub_2', packageId: 'plus', endedAt: EARLIER })], parked: [], customers: [] };
    const { subscriptions } = explainEntitlement(given, checkEntitlement(given), evidence);
    expect(subscriptions.map(({ text }) => text)).toEqual([
      `${PAYS} and counts: the package has 10 times the quantity of 3 of the feature.${sentence}`,
      `${PAYS} but ended on 2026-05-01T12:00:00.000Z.`,
    ]);
  });
});
