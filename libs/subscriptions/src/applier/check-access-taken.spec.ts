import { describe, expect, it } from '@jest/globals';

import type { ExistingRecord } from '../projection/records.js';
import { checkAccessTaken } from './check-access-taken.js';

const NOW = '2026-03-01T12:00:00.000Z';
const record = (id: string, difference: Partial<ExistingRecord> = {}): ExistingRecord => ({
  id, sequence: 0, userKey: 'usr_1', packageId: 'team', status: 'ACTIVE', stripeStatus: 'active', quantity: 3, givesAccess: true, accessUntil: null,
  startedAt: '', currentPeriodStart: null, currentPeriodEnd: null, trialEnd: null, cancelAt: null, cancelAtPeriodEnd: false, pauseBehavior: null,
  pauseResumesAt: null, endedAt: null, usageAnchor: '', continues: null, stripeItemId: null, stripePriceId: null, projectionKey: id, ...difference,
});
const ended = (id: string): ExistingRecord => record(id, { status: 'CANCELLED', givesAccess: false, endedAt: NOW });

describe('whose access a projection takes', () => {
  it.each<[string, ExistingRecord[], ExistingRecord[], ExistingRecord[], string[]]>([
    ['nobody’s where nothing changes', [record('a')], [], [], []],
    ['the user’s whose only package ends', [record('a')], [ended('a')], [], ['usr_1']],
    ['the user’s who loses one of two', [record('a'), record('b')], [ended('b')], [], ['usr_1']],
    ['the user’s whose package stays and gives no access', [record('a')], [record('a', { status: 'PAST_DUE', givesAccess: false })], [], ['usr_1']],
    ['nobody’s where a package is swapped', [record('a')], [ended('a')], [record('b', { packageId: 'business' })], []],
    ['the user’s where it is swapped for what gives none', [record('a')], [ended('a')], [record('b', { givesAccess: false })], ['usr_1']],
    ['nobody’s where the quantity falls', [record('a')], [record('a', { quantity: 1 })], [], []],
    ['nobody’s where access only gets an end', [record('a')], [record('a', { accessUntil: '2026-03-09T00:00:00.000Z' })], [], []],
    ['nobody’s where it had run out', [record('a', { accessUntil: '2026-02-28T00:00:00.000Z' })], [ended('a')], [], []],
    ['nobody’s where there was none', [record('a', { givesAccess: false })], [ended('a')], [], []],
    ['nobody’s where an ended record says that it gave some', [record('a', { endedAt: '2026-01-01T00:00:00.000Z' })], [], [], []],
    ['the former user’s where it goes over to another', [record('a')], [record('a', { userKey: 'usr_2' })], [], ['usr_1']],
    ['nobody’s where it begins', [], [], [record('a')], []],
  ])('is %s', (_what, existing, update, begun, users) => {
    expect(checkAccessTaken({ existing, update, begun }, NOW)).toEqual(users);
  });
});
