import { describe, expect, it } from '@jest/globals';
import type Stripe from 'stripe';

import { STARTED, type Wire, wireCustomer, wireItem, wirePrice, wireSubscription } from '../../../../test/support/stripe-wire.js';
import { readSubscription } from './read-subscription.js';
import { UnreadableObjectError } from './read-values.js';
import type { SubscriptionSnapshot } from './snapshots.js';

const AT = '2026-01-31T10:00:00.000Z';
const LATER = '2026-03-02T10:00:00.000Z';

function read(subscription: Wire, items: readonly Wire[]): SubscriptionSnapshot {
  return readSubscription(subscription as unknown as Stripe.Subscription, items as unknown as Stripe.SubscriptionItem[]);
}

function refusal(subscription: Wire, items: readonly Wire[] = [wireItem('si_1')]): UnreadableObjectError {
  try {
    read(subscription, items);
  } catch (error) {
    if (error instanceof UnreadableObjectError) {
      return error;
    }
    throw error;
  }
  throw new Error('It was read.');
}

describe('reading a subscription', () => {
  it('takes each item’s own period', () => {
    const { items } = read(wireSubscription('sub_1'), [wireItem('si_1'), wireItem('si_2', { current_period_end: STARTED + 60 })]);
    expect(items.map(({ currentPeriodStart, currentPeriodEnd }) => [currentPeriodStart, currentPeriodEnd])).toEqual([[AT, LATER], [AT, '2026-01-31T10:01:00.000Z']]);
  });

  it('takes the subscription’s period where the items have none, as API versions before basil', () => {
    const { current_period_start: _start, current_period_end: _end, ...item } = wireItem('si_1');
    const [only] = read(wireSubscription('sub_1', { current_period_start: STARTED, current_period_end: STARTED + 60 }), [item]).items;
    expect(only).toMatchObject({ currentPeriodStart: AT, currentPeriodEnd: '2026-01-31T10:01:00.000Z' });
  });

  it('has no period where Stripe tells none, rather than a wrong one', () => {
    const { current_period_start: _start, current_period_end: _end, ...item } = wireItem('si_1');
    expect(read(wireSubscription('sub_1'), [item]).items[0]).toMatchObject({ currentPeriodStart: null, currentPeriodEnd: null });
  });

  it('reads a metered item, which has no quantity, and a quantity of 0 as what they are', () => {
    const { quantity: _quantity, ...metered } = wireItem('si_1');
    expect(read(wireSubscription('sub_1'), [metered, wireItem('si_2', { quantity: 0 })]).items.map(({ quantity }) => quantity)).toEqual([null, 0]);
  });

  it('keeps Stripe’s own word for a status that nobody knows yet', () => {
    expect(read(wireSubscription('sub_1', { status: 'on_hold' }), []).status).toBe('on_hold');
  });

  it('reads paused collection, the schedule, and every time', () => {
    const snapshot = read(
      wireSubscription('sub_1', {
        pause_collection: { behavior: 'void', resumes_at: STARTED },
        schedule: { id: 'sub_sched_1', object: 'subscription_schedule' },
        ...Object.fromEntries(['trial_end', 'cancel_at', 'canceled_at', 'ended_at'].map((field) => [field, STARTED])),
      }),
      [],
    );
    expect(snapshot).toMatchObject({
      pauseBehavior: 'void', pauseResumesAt: AT, scheduleId: 'sub_sched_1', trialEnd: AT, cancelAt: AT, canceledAt: AT, endedAt: AT, createdAt: AT, startDate: AT,
    });
  });

  it.each([
    ['an id', 'cus_1'],
    ['expanded', wireCustomer('cus_1')],
    ['deleted', { id: 'cus_1', object: 'customer', deleted: true }],
  ])('takes the id of its customer: %s', (_how, customer) => {
    expect(read(wireSubscription('sub_1', { customer }), []).customerId).toBe('cus_1');
  });

  it('takes ids as the company chose them, up to 255 characters', () => {
    const price = wirePrice('gold plan/2019', { product: 'p'.repeat(255) });
    expect(read(wireSubscription('sub_1'), [wireItem('si_1', { price })]).items[0]).toMatchObject({ priceId: 'gold plan/2019', productId: 'p'.repeat(255) });
  });

  it.each<[string, Wire, string]>([
    ['no time at all', { created: undefined }, 'subscription.created'],
    ['NaN for a time', { start_date: Number.NaN }, 'subscription.start_date'],
    ['part of a second', { trial_end: STARTED + 0.5 }, 'subscription.trial_end'],
    ['a time before 1970', { cancel_at: -1 }, 'subscription.cancel_at'],
    ['a time after 9999', { ended_at: 253_402_300_800 }, 'subscription.ended_at'],
    ['a time in milliseconds', { canceled_at: STARTED * 1000 }, 'subscription.canceled_at'],
    ['NUL in the status', { status: 'act\0ive' }, 'subscription.status'],
    ['an empty id', { customer: '' }, 'subscription.customer'],
    ['no customer', { customer: null }, 'subscription.customer'],
    ['an absurd end of a pause', { pause_collection: { behavior: 'void', resumes_at: 1e15 } }, 'subscription.pause_collection'],
  ])('refuses %s and names the field', (_what, difference, field) => {
    const error = refusal(wireSubscription('sub_1', difference));
    expect(error).toMatchObject({ code: 'stripe_object_unreadable', objectId: 'sub_1', field });
    expect(error.message).toContain(field);
  });

  it.each<[string, Wire, string]>([
    ['an id of 256 characters', { price: wirePrice('x'.repeat(256)) }, 'item.price'],
    ['a control character in an id', { id: 'si_\u0007' }, 'item.id'],
    ['half a character in an id', { price: wirePrice('price_\uD800') }, 'item.price'],
    ['a product that is not there', { price: wirePrice('price_1', { product: null }) }, 'item.price.product'],
    ['a quantity beyond all numbers', { quantity: 2 ** 53 }, 'item.quantity'],
    ['half a seat', { quantity: 1.5 }, 'item.quantity'],
    ['a period that ends at no time', { current_period_end: Number.POSITIVE_INFINITY }, 'item.current_period_end'],
  ])('refuses %s in an item and names the field', (_what, difference, field) => {
    expect(refusal(wireSubscription('sub_1'), [wireItem('si_1', difference)])).toMatchObject({ objectId: 'sub_1', field });
  });
});
