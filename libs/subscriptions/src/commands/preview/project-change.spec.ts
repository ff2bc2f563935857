import type { SubscriptionRequest } from '@app/stripe';
import { describe, expect, it } from '@jest/globals';

import { itemOf, subscriptionOf } from '../../../../../test/support/snapshots.js';
import { projectChange } from './project-change.js';

const NOW = '2026-03-01T12:00:00.000Z';
const END = '2026-04-01T00:00:00.000Z';
const LATER = '2026-05-01T00:00:00.000Z';
const one = itemOf('si_1', 'price_1', { quantity: 2, currentPeriodEnd: END });
const two = itemOf('si_2', 'price_2', { quantity: 1, currentPeriodEnd: END });
const subscription = { ...subscriptionOf('sub_1', ['price_1']), items: [one, two] };
const update = (change: Extract<SubscriptionRequest, { call: 'UPDATE_SUBSCRIPTION' }>['change']): SubscriptionRequest => ({ call: 'UPDATE_SUBSCRIPTION', id: 'sub_1', change });

describe('projectChange', () => {
  it.each<[string, SubscriptionRequest, string | null]>([
    ['now', { call: 'CANCEL_SUBSCRIPTION', id: 'sub_1' }, NOW],
    ['at the end of the period', update({ cancelAtPeriodEnd: true }), END],
    ['at a time', update({ cancelAt: LATER }), LATER],
  ])('shows what is cancelled %s as ended, and says when that is', (_name, request, effectiveAt) => {
    expect(projectChange(request, subscription, NOW)).toEqual({ snapshot: { ...subscription, status: 'canceled', canceledAt: NOW, endedAt: NOW }, effectiveAt });
  });

  it('leaves the time to Stripe where the items’ periods end at different ones', () => {
    const items = [one, { ...two, currentPeriodEnd: LATER }];
    expect(projectChange(update({ cancelAtPeriodEnd: true }), { ...subscription, items }, NOW).effectiveAt).toBeNull();
  });

  it.each([update({ cancelAtPeriodEnd: false }), update({ cancelAt: null })])('shows a cancellation taken back as what it is now', (request) => {
    expect(projectChange(request, subscription, NOW)).toEqual({ snapshot: subscription, effectiveAt: NOW });
  });

  it('shows the new quantity of one item, and the others as they are', () => {
    const request = update({ items: { changes: [{ id: 'si_1', quantity: 5 }], proration: 'CREATE' } });
    expect(projectChange(request, subscription, NOW)).toEqual({ snapshot: { ...subscription, items: [{ ...one, quantity: 5 }, two] }, effectiveAt: NOW });
  });
});
