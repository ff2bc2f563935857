import type { ItemSnapshot, SubscriptionSnapshot } from '@app/stripe';
import { describe, expect, it } from '@jest/globals';

import type { AskedCommand } from './asked-command.js';
import type { HeldPackage, WantedPackage } from '../manual/manual.types.js';
import type { CommandGround, PackageGround, PackagePrice, PriceTerms } from './command.types.js';
import { resolveCommand } from './resolve-command.js';

const AT = '2026-03-01T12:00:00.000Z';
const LATER = '2026-04-01T12:00:00.000Z';

const MONTHLY: PriceTerms = { currency: 'usd', interval: 'month', intervalCount: 1 };
const YEARLY: PriceTerms = { ...MONTHLY, interval: 'year' };

const price = (id: string, terms: PriceTerms = MONTHLY, usageType = 'licensed'): PackagePrice => ({ id, ...terms, usageType });
const held = (packageId: string, difference: Partial<HeldPackage> = {}): HeldPackage => ({ packageId, isAddon: false, requiresBase: false, basePackageIds: [], subscriptionId: `psub_${packageId}`, source: 'STRIPE', endsAt: null, ...difference });
const addon = (packageId: string, basePackageIds: string[] = []): HeldPackage => held(packageId, { isAddon: true, requiresBase: true, basePackageIds });
const wanting = (role: HeldPackage, status: WantedPackage['status'] = 'PUBLISHED'): WantedPackage => ({ packageId: role.packageId, isAddon: role.isAddon, requiresBase: role.requiresBase, basePackageIds: role.basePackageIds, status });

const item = (id: string, difference: Partial<ItemSnapshot> = {}): ItemSnapshot => ({ id, priceId: 'price_1', productId: 'prod_1', quantity: 1, currentPeriodStart: AT, currentPeriodEnd: LATER, createdAt: AT, ...difference });

function ground(subscription: Partial<SubscriptionSnapshot> = {}, difference: Partial<CommandGround> = {}): CommandGround {
  const none = { trialEnd: null, cancelAt: null, canceledAt: null, endedAt: null, pauseBehavior: null, pauseResumesAt: null, scheduleId: null, pendingUpdate: false };
  const plain = { id: 'sub_1', customerId: 'cus_1', status: 'active', currency: 'usd', createdAt: AT, startDate: AT, cancelAtPeriodEnd: false, items: [item('si_1')], ...none };
  const packages: PackageGround = { target: held('team'), others: [], wanted: null, prices: [], terms: MONTHLY };
  return { isConnected: true, packages, isCustomerDeleted: false, subscription: { ...plain, ...subscription }, itemId: 'si_1', now: AT, ...difference };
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
    ['an end at a time', cancel({ at: LATER }), ground(), update({ cancelAt: LATER })],
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

const swap = (priceId: string | null = null): AskedCommand => ({ kind: 'CHANGE_PACKAGE', subscriptionId: 'psub_team', packageId: 'business', priceId, proration: 'CREATE' });
const add = (priceId: string | null = null): AskedCommand => ({ kind: 'ADD_ADDON', subscriptionId: 'psub_team', packageId: 'seats', priceId, proration: 'NONE', quantity: 3 });
const REMOVE: AskedCommand = { kind: 'REMOVE_ADDON', subscriptionId: 'psub_team', proration: 'INVOICE_NOW' };
const packages = (difference: Partial<PackageGround>, items = [item('si_1', { quantity: 4 })]): CommandGround => ground({ items }, { packages: { target: held('team'), others: [], wanted: null, prices: [], terms: MONTHLY, ...difference } });
const one = (change: object, proration: string) => update({ items: { changes: [change], proration } });

describe('a package in place of another', () => {
  const business = wanting(held('business'));
  it.each<[string, AskedCommand, CommandGround, object]>([
    ['is the same item at the price that is paid as often', swap(), packages({ wanted: business, prices: [price('p_month'), price('p_year', YEARLY)] }), one({ id: 'si_1', price: 'p_month', quantity: 4 }, 'CREATE')],
    ['is at the price that is named', swap('p_year'), packages({ wanted: business, prices: [price('p_month'), price('p_year', YEARLY)] }), one({ id: 'si_1', price: 'p_year', quantity: 4 }, 'CREATE')],
    ['has no quantity where it is metered', swap(), packages({ wanted: business, prices: [price('p_meter', MONTHLY, 'metered')] }), one({ id: 'si_1', price: 'p_meter' }, 'CREATE')],
    ['is not guessed among several prices', swap(), packages({ wanted: business, prices: [price('p_1'), price('p_2')] }), { ...refused('price_ambiguous'), because: ['p_1', 'p_2'] }],
    ['has no price that is paid as often', swap(), packages({ wanted: business, prices: [price('p_year', YEARLY)] }), { ...refused('price_not_found'), because: ['p_year'] }],
    ['has not the price that is named', swap('p_other'), packages({ wanted: business, prices: [price('p_month')] }), { ...refused('price_not_found'), because: ['p_month'] }],
    ['is none', swap(), packages({ wanted: null }), refused('package_not_found')],
    ['is a draft', swap(), packages({ wanted: wanting(held('business'), 'DRAFT') }), refused('package_not_published')],
    ['is archived', swap(), packages({ wanted: wanting(held('business'), 'ARCHIVED') }), refused('package_archived')],
    ['is a second base', swap(), packages({ wanted: business, others: [held('gold')] }), { ...refused('several_base_packages'), because: ['gold'] }],
    ['is there already', swap(), packages({ wanted: business, others: [held('business')] }), { ...refused('already_subscribed'), because: ['business'] }],
    ['leaves no add-on behind', swap(), packages({ wanted: business, others: [addon('seats', ['team'])], prices: [price('p_month')] }), { ...refused('addons_need_base'), because: ['seats'] }],
    ['takes along an add-on that goes with it', swap(), packages({ wanted: business, others: [addon('seats', ['team', 'business'])], prices: [price('p_month')] }), one({ id: 'si_1', price: 'p_month', quantity: 4 }, 'CREATE')],
  ])('%s', (_name, asked, given, verdict) => {
    expect(resolveCommand(asked, given)).toMatchObject(verdict);
  });
});

describe('an add-on', () => {
  const two = [item('si_1'), item('si_2')];
  it.each<[string, AskedCommand, CommandGround, object]>([
    ['is one more item', add(), packages({ wanted: wanting(addon('seats')), prices: [price('p_seats')] }), one({ price: 'p_seats', quantity: 3 }, 'NONE')],
    ['goes with its base', add(), packages({ wanted: wanting(addon('seats', ['business'])), prices: [price('p_seats')] }), { ...refused('addon_not_for_base'), because: ['team'] }],
    ['is an add-on', add(), packages({ wanted: wanting(held('seats')) }), refused('package_not_addon')],
    ['is not there already', add(), packages({ wanted: wanting(addon('seats')), others: [addon('seats')] }), { ...refused('already_subscribed'), because: ['seats'] }],
    ['is removed alone', REMOVE, packages({ target: addon('seats'), others: [held('team')] }, two), one({ id: 'si_1', deleted: true }, 'INVOICE_NOW')],
    ['is not removed where it is all there is', REMOVE, packages({ target: addon('seats') }), refused('last_item')],
    ['keeps its base from being removed', REMOVE, packages({ others: [addon('seats')] }, two), { ...refused('addons_need_base'), because: ['seats'] }],
  ])('%s', (_name, asked, given, verdict) => {
    expect(resolveCommand(asked, given)).toMatchObject(verdict);
  });
});

describe('collection', () => {
  it.each<[string, AskedCommand, object]>([
    ['is paused', { kind: 'PAUSE', subscriptionId: 'psub_1', behavior: 'VOID', resumesAt: null }, update({ pauseCollection: { behavior: 'VOID', resumesAt: null } })],
    ['is paused until', { kind: 'PAUSE', subscriptionId: 'psub_1', behavior: 'KEEP_AS_DRAFT', resumesAt: LATER }, update({ pauseCollection: { behavior: 'KEEP_AS_DRAFT', resumesAt: LATER } })],
    ['is not paused until before', { kind: 'PAUSE', subscriptionId: 'psub_1', behavior: 'VOID', resumesAt: AT }, refused('resumes_at_past')],
    ['goes on', { kind: 'UNPAUSE', subscriptionId: 'psub_1' }, update({ pauseCollection: null })],
  ])('%s', (_name, asked, verdict) => {
    expect(resolveCommand(asked, ground())).toEqual(verdict);
  });
});
