import type { CreatedObject, StripeWriteAnswer, StripeWriteError, StripeWriteRequest, WrittenReading } from '@app/stripe';
import { describe, expect, it } from '@jest/globals';

import { type Doubt, isKeyKept, KEY_SECONDS, resolveDoubt, resolveOutcome } from './resolve-outcome.js';

const UPDATE: StripeWriteRequest = { call: 'UPDATE_SUBSCRIPTION', id: 'sub_1', change: { cancelAtPeriodEnd: true } };
const CREATE: StripeWriteRequest = { call: 'CREATE_SUBSCRIPTION', customerId: 'cus_1', items: [{ price: 'price_1' }], currency: null, trialDays: null, daysUntilDue: null, cancelAt: null };
const CANCEL: StripeWriteRequest = { call: 'CANCEL_SUBSCRIPTION', id: 'sub_1' };
const SHOWN: WrittenReading = { type: 'SUBSCRIPTION', reading: { snapshot: null, span: { lo: 1, hi: 2 } } };
const MADE: CreatedObject = { type: 'SUBSCRIPTION', id: 'sub_2' };

const error = (status: number | null): StripeWriteError => ({ code: 'some_code', detail: 'In words.', stripeRequestId: 'req_1', status });
const done = (replayed: boolean, shown: WrittenReading | null = SHOWN): StripeWriteAnswer => ({ kind: 'DONE', replayed, shown, created: null });
const made = (replayed: boolean): StripeWriteAnswer => ({ kind: 'DONE', replayed, shown: null, created: MADE });
const refused = (status: number): StripeWriteAnswer => ({ kind: 'REFUSED', error: error(status) });
const failing = (replayed: boolean): StripeWriteAnswer => ({ kind: 'FAILING', replayed, error: error(500) });
const busy: StripeWriteAnswer = { kind: 'BUSY', error: error(429) };
const silent: StripeWriteAnswer = { kind: 'NO_ANSWER', error: error(null) };

describe('an answer', () => {
  it.each<[string, StripeWriteRequest, StripeWriteAnswer, object]>([
    ['a success is carried over', UPDATE, done(false), { kind: 'APPLIED', shown: SHOWN, created: null }],
    ['a success that was given before is applied, and read', UPDATE, done(true), { kind: 'APPLIED', shown: null, created: null }],
    ['what was made is told by its id', CREATE, made(false), { kind: 'APPLIED', shown: null, created: MADE }],
    ['what was made before is told by its id as well', CREATE, made(true), { kind: 'APPLIED', shown: null, created: MADE }],
    ['a success that cannot be read is applied, and read by itself', UPDATE, done(false, null), { kind: 'APPLIED', shown: null, created: null }],
    ['400 fails', UPDATE, refused(400), { kind: 'FAILED', error: error(400) }],
    ['402 fails', UPDATE, refused(402), { kind: 'FAILED', error: error(402) }],
    ['403 fails', UPDATE, refused(403), { kind: 'FAILED', error: error(403) }],
    ['404 fails', UPDATE, refused(404), { kind: 'FAILED', error: error(404) }],
    ['404 of an end may mean that it has ended', CANCEL, refused(404), { kind: 'UNKNOWN', error: error(404) }],
    ['400 of an end fails', CANCEL, refused(400), { kind: 'FAILED', error: error(400) }],
    ['429 and 409 are sent again later', UPDATE, busy, { kind: 'LATER', error: error(429) }],
    ['500 says nothing', UPDATE, failing(false), { kind: 'UNKNOWN', error: { ...error(500), isFinalForKey: false } }],
    ['500 that was given before is what the key gets from now on', UPDATE, failing(true), { kind: 'UNKNOWN', error: { ...error(500), isFinalForKey: true } }],
    ['no answer says nothing', UPDATE, silent, { kind: 'UNKNOWN', error: error(null) }],
  ])('%s', (_name, request, answer, outcome) => {
    expect(resolveOutcome({ request, answer })).toEqual(outcome);
  });
});

describe('a key', () => {
  it.each<[string, number | null, boolean]>([
    ['was never used', null, true],
    ['was first used less than 23 hours ago', KEY_SECONDS - 1, true],
    ['is too old', KEY_SECONDS, false],
  ])('that %s', (_name, sentSecondsAgo, expected) => {
    expect(isKeyKept(sentSecondsAgo)).toBe(expected);
  });
});

describe('a doubt', () => {
  const final = { ...error(500), isFinalForKey: true };
  const doubt = (difference: Partial<Doubt>): Doubt => ({ effect: 'ABSENT', error: error(500), keyNumber: 1, sentSecondsAgo: 60, ...difference });
  it.each<[string, Partial<Doubt>, object]>([
    ['what is there is applied', { effect: 'THERE' }, { kind: 'APPLIED' }],
    ['what is there is applied, however late', { effect: 'THERE', sentSecondsAgo: KEY_SECONDS * 9, error: final, keyNumber: 3 }, { kind: 'APPLIED' }],
    ['what is not there is sent again by the same key', {}, { kind: 'RESEND', keyNumber: 1 }],
    ['after a crash, too, of which nothing is known', { error: null }, { kind: 'RESEND', keyNumber: 1 }],
    ['a second before its key is too old as well', { sentSecondsAgo: KEY_SECONDS - 1 }, { kind: 'RESEND', keyNumber: 1 }],
    ['not after', { sentSecondsAgo: KEY_SECONDS }, { kind: 'FAILED', error: { code: 'OUTCOME_UNKNOWN', stripeRequestId: 'req_1', status: 500 } }],
    ['a key that fails for ever is followed by another', { error: final }, { kind: 'RESEND', keyNumber: 2 }],
    ['and by a third', { error: final, keyNumber: 2 }, { kind: 'RESEND', keyNumber: 3 }],
    ['and by no more', { error: final, keyNumber: 3 }, { kind: 'FAILED', error: { code: 'STRIPE_FAILING', stripeRequestId: 'req_1', status: 500 } }],
    ['nor where the first one is old', { error: final, sentSecondsAgo: KEY_SECONDS }, { kind: 'FAILED', error: { code: 'STRIPE_FAILING', stripeRequestId: 'req_1', status: 500 } }],
    ['what is gone fails', { effect: 'GONE' }, { kind: 'FAILED', error: { code: 'resource_missing', stripeRequestId: 'req_1', status: 500 } }],
    ['where Stripe cannot be read nothing is decided', { effect: 'UNREAD', error: final }, { kind: 'WAIT' }],
    ['but not for ever', { effect: 'UNREAD', sentSecondsAgo: KEY_SECONDS }, { kind: 'FAILED', error: { code: 'OUTCOME_UNKNOWN', stripeRequestId: 'req_1', status: 500 } }],
  ])('%s', (_name, difference, verdict) => {
    expect(resolveDoubt(doubt(difference))).toMatchObject(verdict);
  });
});
