import { describe, expect, it } from '@jest/globals';

import type { SubscriptionSnapshot } from '@app/stripe';
import { laneKey, type LaneState, type ObjectKey, type OpenEvent } from '@app/sync';

import { type SettleContext, settleObjects } from './settle-objects.js';

const NOW = Date.parse('2026-03-01T12:00:00Z') / 1000;
const LONG_AGO = 3_600_000;
const SUBSCRIPTION: ObjectKey = { type: 'SUBSCRIPTION', id: 'sub_1' };

function body(status: string, createdAt = '2026-01-01T12:00:00Z'): SubscriptionSnapshot {
  const none = { trialEnd: null, cancelAt: null, canceledAt: null, endedAt: null, pauseBehavior: null, pauseResumesAt: null, scheduleId: null, pendingUpdate: false };
  return { id: 'sub_1', customerId: 'cus_1', status, currency: 'usd', createdAt, startDate: createdAt, cancelAtPeriodEnd: false, items: [], ...none };
}

function event(id: string, difference: Partial<OpenEvent> = {}): OpenEvent {
  return { id, object: SUBSCRIPTION, type: 'customer.subscription.updated', created: NOW, attempts: 0, body: body(id), servable: true, pushedMsAgo: 0, ...difference };
}

function lane(difference: Partial<LaneState> = {}): LaneState {
  return { object: SUBSCRIPTION, bounds: { from: NOW - 2, to: NOW + 2 }, gone: false, needsRead: false, leased: false, touchedMsAgo: LONG_AGO, ...difference };
}

/** How one object is settled whose row holds `stored`. */
function settle(events: OpenEvent[], known: LaneState | null = lane(), stored: SubscriptionSnapshot | null = body('active'), coalesces = true): object | undefined {
  const context: SettleContext = {
    lanes: new Map(known === null ? [] : [[laneKey(known.object), known]]),
    events,
    subscriptions: new Map(stored === null ? [] : [[stored.id, stored]]),
    customers: new Map([['cus_1', { id: 'cus_1', email: null, name: null, deleted: false, createdAt: null, userIdHint: null }]]),
    knownPrices: new Set(),
    sweptTo: Number.NEGATIVE_INFINITY,
    onlySubscribed: false,
    coalesces,
  };
  return settleObjects([events[0]?.object ?? SUBSCRIPTION], context)[0]?.next;
}

describe('settling an object in a burst', () => {
  it.each([
    ['takes at once what is proven, however much has just come', settle([event('a', { created: NOW - 60, pushedMsAgo: 5 }), event('b')], lane({ bounds: { from: NOW - 90, to: NOW - 80 }, touchedMsAgo: 1 })), { kind: 'SUBSCRIPTION', eventId: 'b' }],
    ['takes at once what shows what is stored', settle([event('active')], lane({ touchedMsAgo: 1 })), { kind: 'SUBSCRIPTION' }],
    ['waits with a read where another event came just before', settle([event('a')], lane({ touchedMsAgo: 20 })), { kind: 'WAIT', ms: 400 }],
    ['hardly waits where it is one event by itself', settle([event('a')]), { kind: 'WAIT', ms: 100 }],
    ['reads what was waited for', settle([event('a', { pushedMsAgo: 700 }), event('b', { pushedMsAgo: 400 })]), { kind: 'READ' }],
    ['reads at once what was never seen', settle([event('a'), event('b')], null, null), { kind: 'READ' }],
    ['reads at once what was never seen, though its reading has failed before', settle([event('a'), event('b')], lane(), null), { kind: 'READ' }],
    ['hardly waits while a checkout may be under way', settle([event('a'), event('b')], lane({ touchedMsAgo: 20 }), body('incomplete', '2026-03-01T11:59:50Z')), { kind: 'WAIT', ms: 100 }],
    ['waits for what is older than a checkout takes', settle([event('a'), event('b')], lane(), body('incomplete', '2026-03-01T11:59:49Z')), { kind: 'WAIT', ms: 400 }],
    ['waits with what is gone', settle([event('a'), event('b')], lane({ gone: true }), null), { kind: 'WAIT', ms: 400 }],
    ['reads at once what a page has asked for', settle([event('a')], lane({ needsRead: true, touchedMsAgo: 1 })), { kind: 'READ' }],
    ['reads at once what the poll has met', settle([event('a', { pushedMsAgo: null })], lane({ touchedMsAgo: 1 })), { kind: 'READ' }],
    ['reads at once where nobody wants to wait', settle([event('a')], lane({ touchedMsAgo: 1 }), body('active'), false), { kind: 'READ' }],
    ['waits with a price never seen, for which nobody waits', settle([event('a', { object: { type: 'PRICE', id: 'price_1' }, body: null })]), { kind: 'WAIT', ms: 100 }],
  ])('%s', (_name, next, expected) => {
    expect(next).toMatchObject(expected);
  });
});
