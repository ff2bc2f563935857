import { describe, expect, it } from '@jest/globals';

import { type CancelInput, checkCancel } from './check-cancel.js';
import type { HeldPackage } from './manual.types.js';

const NOW = '2026-03-01T12:00:00.000Z';
const PAST = '2026-03-01T11:59:59.999Z';
const T1 = '2026-04-01T00:00:00.000Z';
const T2 = '2026-05-01T00:00:00.000Z';

const held = (packageId: string, difference: Partial<HeldPackage> = {}): HeldPackage => ({
  subscriptionId: `psub_${packageId}`,
  source: 'KANA',
  packageId,
  isAddon: false,
  requiresBase: false,
  basePackageIds: [],
  endsAt: null,
  ...difference,
});
const addon = (packageId: string, difference: Partial<HeldPackage> = {}): HeldPackage => held(packageId, { isAddon: true, requiresBase: true, ...difference });
const GOLD = { ...held('gold'), ended: false };
const SEATS = { ...addon('seats'), ended: false };
const PAID = { source: 'STRIPE' } as const;

function verdict(input: Partial<CancelInput>): string {
  const answer = checkCancel({ target: GOLD, endsAt: NOW, now: NOW, others: [], withAddons: false, ...input });
  const names = (list: readonly HeldPackage[]): string => list.map(({ packageId }) => ` ${packageId}`).join('');
  return answer.kind === 'OK' ? `OK${names(answer.along)}` : `${answer.code}${names(answer.addons)}`;
}

describe('cancelling', () => {
  it.each<[string, Partial<CancelInput>, string]>([
    ['a lonely base', {}, 'OK'],
    ['at a time to come', { endsAt: T1 }, 'OK'],
    ['in the past', { endsAt: PAST }, 'cancel_at_past'],
    ['what has ended', { target: { ...GOLD, ended: true } }, 'subscription_ended'],
    ['what Stripe is paid for', { target: { ...GOLD, ...PAID } }, 'stripe_subscription'],
    ['what Stripe was paid for', { target: { ...GOLD, ...PAID, ended: true } }, 'stripe_subscription'],
    ['an add-on', { target: SEATS, others: [held('gold')] }, 'OK'],
    ['an add-on that has no base any more', { target: SEATS, endsAt: T1 }, 'OK'],
    ['a base under its add-on', { others: [addon('seats')] }, 'addons_need_base seats'],
    ['a base with its add-ons', { others: [addon('seats'), addon('calls')], withAddons: true }, 'OK seats calls'],
    ['a base under an add-on of another', { others: [addon('seats', { basePackageIds: ['team'] })] }, 'OK'],
    ['a base beside an add-on that needs none', { others: [addon('seats', { requiresBase: false })], withAddons: true }, 'OK'],
    ['a base whose add-on has another', { others: [addon('seats'), held('team', PAID)] }, 'OK'],
    ['a base whose add-on has another that ends too soon', { others: [addon('seats'), held('team', { endsAt: T1 })] }, 'addons_need_base seats'],
    ['a base at the time when its add-on ends', { endsAt: T1, others: [addon('seats', { endsAt: T1 })] }, 'OK'],
    ['a base before its add-on ends', { endsAt: T1, others: [addon('seats', { endsAt: T2 })] }, 'addons_need_base seats'],
    ['a base with the add-ons that would be left, not those that end before', { endsAt: T1, withAddons: true, others: [addon('seats', { endsAt: T2 }), addon('calls', { endsAt: NOW })] }, 'OK seats'],
    ['a base under an add-on that Stripe is paid for', { withAddons: true, others: [addon('seats', PAID), addon('calls')] }, 'addons_need_base seats'],
  ])('%s', (_what, input, expected) => {
    expect(verdict(input)).toBe(expected);
  });
});

describe('moving an end back', () => {
  const ending = { ...SEATS, endsAt: T1 };

  it.each<[string, Partial<CancelInput>, string]>([
    ['of a base', { target: { ...GOLD, endsAt: T1 }, endsAt: null }, 'OK'],
    ['of a base, whose add-ons end before', { target: { ...GOLD, endsAt: T1 }, endsAt: T2, others: [addon('seats', { endsAt: T1 })] }, 'OK'],
    ['of an add-on, whose base lasts', { target: ending, endsAt: null, others: [held('gold')] }, 'OK'],
    ['of an add-on, whose base is paid for', { target: ending, endsAt: null, others: [held('gold', PAID)] }, 'OK'],
    ['of an add-on, whose base ends', { target: ending, endsAt: null, others: [held('gold', { endsAt: T1 })] }, 'addon_outlives_base'],
    ['of an add-on, as far as its base lasts', { target: ending, endsAt: T2, others: [held('gold', { endsAt: T2 })] }, 'OK'],
    ['of an add-on, whose base is not one that it goes with', { target: { ...ending, basePackageIds: ['gold'] }, endsAt: T2, others: [held('team')] }, 'addon_outlives_base'],
    ['of an add-on that needs no base', { target: { ...ending, requiresBase: false }, endsAt: null }, 'OK'],
    ['of what has ended', { target: { ...ending, ended: true }, endsAt: null, others: [held('gold')] }, 'subscription_ended'],
  ])('%s', (_what, input, expected) => {
    expect(verdict(input)).toBe(expected);
  });
});
