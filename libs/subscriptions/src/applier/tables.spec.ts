import { describe, expect, it } from '@jest/globals';

import { PRICE_MAPPING_TABLE, PriceMapping } from '@app/mapping';
import { EntitlementChange, PackageSubscription, StripeSubscription, StripeSubscriptionItem } from '@app/subscriptions';

import { bulkTableOf } from '../../../../test/support/bulk-table.js';

import { itemRow, recordRow, subscriptionRow } from './rows.js';
import { ENTITLEMENT_CHANGE_TABLE, PACKAGE_SUBSCRIPTION_TABLE, STRIPE_ITEM_TABLE, STRIPE_SUBSCRIPTION_TABLE } from './tables.js';
import { itemOf, subscriptionOf } from '../../../../test/support/snapshots.js';

describe('the bulk shapes of the tables of subscriptions', () => {
  it.each([
    ['StripeSubscription', STRIPE_SUBSCRIPTION_TABLE, StripeSubscription, []],
    ['StripeSubscriptionItem', STRIPE_ITEM_TABLE, StripeSubscriptionItem, []],
    ['PackageSubscription', PACKAGE_SUBSCRIPTION_TABLE, PackageSubscription, []],
    ['PriceMapping', PRICE_MAPPING_TABLE, PriceMapping, []],
    ['EntitlementChange, whose id the database gives', ENTITLEMENT_CHANGE_TABLE, EntitlementChange, ['id']],
  ])('the shape of %s has the columns, the types and the key of the entity', (_name, table, entity, without) => {
    expect(table).toEqual(bulkTableOf(entity, without));
  });

  it('are filled by the rows that are written: no column is left out, none is made up', () => {
    const snapshot = subscriptionOf('sub_1', []);
    expect(Object.keys(subscriptionRow('conn_1', snapshot)).toSorted()).toEqual(Object.keys(STRIPE_SUBSCRIPTION_TABLE.columns).toSorted());
    expect(Object.keys(itemRow('conn_1', 'sub_1', itemOf('si_1', 'price_1'), null)).toSorted()).toEqual(Object.keys(STRIPE_ITEM_TABLE.columns).toSorted());
    const ofManualOnes = ['created_by', 'cancelled_by'];
    const written = [...Object.keys(recordRow(RECORD)), ...ofManualOnes, 'id', 'connection_id', 'stripe_subscription_id', 'created_at', 'updated_at'];
    expect(written.toSorted()).toEqual(Object.keys(PACKAGE_SUBSCRIPTION_TABLE.columns).toSorted());
  });
});

const RECORD: Parameters<typeof recordRow>[0] = {
  userKey: 'usr_1', packageId: 'team', status: 'ACTIVE', stripeStatus: 'active', quantity: 1, givesAccess: true, accessUntil: null,
  startedAt: '', currentPeriodStart: null, currentPeriodEnd: null, trialEnd: null, cancelAt: null, cancelAtPeriodEnd: false,
  pauseBehavior: null, pauseResumesAt: null, endedAt: null, usageAnchor: '', continues: null, stripeItemId: null, stripePriceId: null,
  projectionKey: 'si_1',
};
