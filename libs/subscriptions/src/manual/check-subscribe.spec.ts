import { describe, expect, it } from '@jest/globals';

import { checkSubscribe, type SubscribeInput } from './check-subscribe.js';
import type { HeldPackage, WantedPackage } from './manual.types.js';

const T1 = '2026-04-01T00:00:00.000Z';
const T2 = '2026-05-01T00:00:00.000Z';

const base = (packageId: string, difference: Partial<WantedPackage> = {}): WantedPackage => ({
  packageId,
  status: 'PUBLISHED',
  isAddon: false,
  requiresBase: false,
  basePackageIds: [],
  ...difference,
});
const addon = (packageId: string, difference: Partial<WantedPackage> = {}): WantedPackage => base(packageId, { isAddon: true, requiresBase: true, ...difference });
const held = ({ status: _status, ...role }: WantedPackage, difference: Partial<HeldPackage> = {}): HeldPackage => ({
  ...role,
  subscriptionId: `psub_${role.packageId}`,
  source: 'KANA',
  endsAt: null,
  ...difference,
});

const GOLD = base('gold');
const TEAM = base('team');
const SEATS = addon('seats');
const ONLY_GOLD = addon('only gold', { basePackageIds: ['gold'] });
const FREE = addon('free', { requiresBase: false });

/** `held + wanted [until]`: what comes out, as `place code because`. */
function verdict(input: Partial<SubscribeInput>): string[] {
  const answer = checkSubscribe({ held: [], wanted: [], endsAt: null, ...input });
  return answer.kind === 'OK' ? [] : answer.refusals.map(({ index, code, because }) => `${index} ${code} ${because ?? '-'}`);
}

describe('subscribing', () => {
  it.each<[string, Partial<SubscribeInput>]>([
    ['a base package', { wanted: [GOLD] }],
    ['a base package with its add-on in one call', { wanted: [GOLD, ONLY_GOLD] }],
    ['an add-on before its base in one call', { wanted: [ONLY_GOLD, GOLD] }],
    ['an add-on to a base that is held', { held: [held(GOLD)], wanted: [SEATS, ONLY_GOLD] }],
    ['an add-on to a base that Stripe is paid for', { held: [held(GOLD, { source: 'STRIPE' })], wanted: [ONLY_GOLD] }],
    ['an add-on that needs no base', { wanted: [FREE] }],
    ['an add-on that needs no base beside one that it does not name', { held: [held(TEAM)], wanted: [addon('loose', { requiresBase: false, basePackageIds: ['gold'] })] }],
    ['an add-on that ends with its base', { held: [held(GOLD, { endsAt: T1 })], wanted: [SEATS], endsAt: T1 }],
    ['an add-on without an end to one of several bases that has none', { held: [held(GOLD, { endsAt: T1 }), held(TEAM)], wanted: [SEATS] }],
    ['a base and its add-on until the same time', { wanted: [GOLD, SEATS], endsAt: T1 }],
    ['nothing', {}],
  ])('to %s is accepted', (_what, input) => {
    expect(verdict(input)).toEqual([]);
  });

  it.each<[string, Partial<SubscribeInput>, string[]]>([
    ['an unknown package', { wanted: [null] }, ['0 package_not_found -']],
    ['a draft', { wanted: [base('gold', { status: 'DRAFT' })] }, ['0 package_not_published -']],
    ['an archived package', { wanted: [base('gold', { status: 'ARCHIVED' })] }, ['0 package_archived -']],
    ['what is held', { held: [held(GOLD)], wanted: [GOLD] }, ['0 already_subscribed gold']],
    ['what Stripe is paid for', { held: [held(GOLD, { source: 'STRIPE' })], wanted: [GOLD] }, ['0 already_subscribed gold']],
    ['an add-on that is held', { held: [held(GOLD), held(SEATS)], wanted: [SEATS] }, ['0 already_subscribed seats']],
    ['the same twice', { wanted: [GOLD, GOLD] }, ['1 already_subscribed gold']],
    ['a second base', { held: [held(GOLD)], wanted: [TEAM] }, ['0 several_base_packages gold']],
    ['a second base that comes after the first is to end', { held: [held(GOLD, { endsAt: T1 })], wanted: [TEAM] }, ['0 several_base_packages gold']],
    ['two bases in one call', { wanted: [GOLD, TEAM] }, ['1 several_base_packages gold']],
    ['an add-on without a base', { wanted: [SEATS] }, ['0 addon_without_base -']],
    ['an add-on beside another add-on only', { held: [held(FREE)], wanted: [SEATS] }, ['0 addon_without_base -']],
    ['an add-on of another base', { held: [held(TEAM)], wanted: [ONLY_GOLD] }, ['0 addon_not_for_base team']],
    ['an add-on of another base in one call', { wanted: [TEAM, ONLY_GOLD] }, ['1 addon_not_for_base team']],
    ['an add-on that outlives its base', { held: [held(GOLD, { endsAt: T1 })], wanted: [SEATS], endsAt: T2 }, ['0 addon_outlives_base gold']],
    ['an add-on without an end to a base with one', { held: [held(GOLD, { endsAt: T1 })], wanted: [SEATS] }, ['0 addon_outlives_base gold']],
    ['several that are wrong, each for its own reason', { wanted: [null, SEATS, base('old', { status: 'ARCHIVED' })] }, ['0 package_not_found -', '2 package_archived -']],
  ])('to %s is refused', (_what, input, refusals) => {
    expect(verdict(input)).toEqual(refusals);
  });
});
