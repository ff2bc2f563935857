import type { ItemSnapshot, SubscriptionSnapshot } from '@app/stripe';
import { describe, expect, it } from '@jest/globals';

import type { AskedCommand } from './asked-command.js';
import type { CommandGround } from './command.types.js';
import { resolveCommand } from './resolve-command.js';

const AT = '2026-03-01T12:00:00.000Z';
const LATER = '2026-04-01T12:00:00.000Z';

const item = (id: string, difference: Partial<ItemSnapshot> = {}): ItemSnapshot => ({ id, priceId: 'price_1', productId: 'prod_1', quantity: 1, currentPeriodStart: AT, currentPeriodEnd: LATER, createdAt: AT, ...difference });

function ground(subscription: Partial<SubscriptionSnapshot> = {}, difference: Partial<CommandGround> = {}): CommandGround {
  const none = { trialEnd: null, cancelAt: null, canceledAt: null, endedAt: null, pauseBehavior: null, pauseResumesAt: null, scheduleId: null, pendingUpdate: false };
  const plain = { id: 'sub_1', customerId: 'cus_1', status: 'active', currency: 'usd', createdAt: AT, startDate: AT, cancelAtPeriodEnd: false, items: [item('si_1')], ...none };
  return { isConnected: true, isCustomerDeleted: false, subscription: { ...plain, ...subscription }, itemId: 'si_1', now: AT, ...difference };
}

const cancel = (when: Extract<AskedCommand, { kind: 'CANCEL' }>['when'], withAddons = false): AskedCommand => ({ kind: 'CANCEL', subscriptionId: 'psub_1', when, withAddons });
const RESUME: AskedCommand = { kind: 'RESUME', subscriptionId: 'psub_1' };
const QUANTITY: AskedCommand = { kind: 'CHANGE_QUANTITY', subscriptionId: 'psub_1', quantity: 5, proration: 'NONE' };
const TWO = [item('si_1'), item('si_2')];

const update = (change: object) => ({ kind: 'REQUEST', request: { call: 'UPDATE_SUBSCRIPTION', id: 'sub_1', change } });
const refused = (code: string) => ({ kind: 'REFUSED', code });

describe('what Stripe is told', () => {
  it.each<[string, AskedCommand, CommandGround, object]>([
    ['an end now', cancel('NOW'), ground(), { kind: 'REQUEST', request: { call: 'CANCEL_SUBSCRIPTION', id: 'sub_1' } }],
    ['an end with the period', cancel('PERIOD_END'), ground(), update({ cancelAtPeriodEnd: true })],
    ['an end at a time, in whole seconds and no sooner', cancel({ at: '2026-04-01T12:00:00.001Z' }), ground(), update({ cancelAt: '2026-04-01T12:00:01.000Z' })],
    ['not in the past', cancel({ at: AT }), ground(), refused('cancel_at_past')],
    ['not of what else is in the subscription, unasked', cancel('NOW'), ground({ items: TWO }), refused('other_items_end')],
    ['of all of it, asked', cancel('PERIOD_END', true), ground({ items: TWO }), update({ cancelAtPeriodEnd: true })],
    ['an end with the period taken back', RESUME, ground({ cancelAtPeriodEnd: true, cancelAt: LATER }), update({ cancelAtPeriodEnd: false })],
    ['an end at a time taken back', RESUME, ground({ cancelAt: LATER }), update({ cancelAt: null })],
    ['no end taken back', RESUME, ground(), update({ cancelAtPeriodEnd: false })],
    ['the quantity of its item', QUANTITY, ground({ items: TWO }), update({ items: { changes: [{ id: 'si_1', quantity: 5 }], proration: 'NONE' } })],
    ['the quantity of the only item', QUANTITY, ground({}, { itemId: null }), update({ items: { changes: [{ id: 'si_1', quantity: 5 }], proration: 'NONE' } })],
    ['of one of two it cannot be said which', QUANTITY, ground({ items: TWO }, { itemId: null }), refused('item_not_found')],
    ['an item that is gone', QUANTITY, ground({ items: [item('si_9')] }), refused('item_not_found')],
    ['a metered item', QUANTITY, ground({ items: [item('si_1', { quantity: null })] }), refused('item_metered')],
  ])('%s', (_name, asked, given, verdict) => {
    expect(resolveCommand(asked, given)).toEqual(verdict);
  });

  it.each<[string, CommandGround]>([
    ['connection_disconnected', ground({}, { isConnected: false })],
    ['customer_deleted', ground({}, { isCustomerDeleted: true })],
    ['subscription_ended', ground({ status: 'canceled' })],
    ['subscription_ended', ground({ status: 'incomplete_expired' })],
    ['schedule_attached', ground({ scheduleId: 'sub_sched_1' })],
    ['pending_update', ground({ pendingUpdate: true })],
  ])('is nothing: %s', (code, given) => {
    for (const asked of [cancel('NOW'), cancel('PERIOD_END'), RESUME, QUANTITY]) {
      expect(resolveCommand(asked, given)).toEqual(refused(code));
    }
  });
});
