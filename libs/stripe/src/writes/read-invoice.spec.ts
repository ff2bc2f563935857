import { describe, expect, it } from '@jest/globals';
import type Stripe from 'stripe';

import { readInvoice } from './read-invoice.js';

const LINE = { amount: 2900, description: '1 × Team', quantity: 1, period: { start: 1_772_000_000, end: 1_774_000_000 }, parent: null };
const INVOICE = { currency: 'usd', total: 2900, amount_due: 2900, lines: { data: [LINE], has_more: false } };

/** As it may come, whatever the SDK's types promise. */
const read = (differing: object) => readInvoice({ ...INVOICE, ...differing } as unknown as Stripe.Invoice);

describe('an invoice that Stripe would make', () => {
  it('is read line by line', () => {
    expect(read({})).toMatchObject({ currency: 'usd', total: 2900, amountDue: 2900, lines: [{ amount: 2900, isProration: false, periodStart: '2026-02-25T06:13:20.000Z' }], hasMoreLines: false });
  });

  it.each([
    ['a total that is no whole number', { total: 29.5 }, 'invoice.total is no whole number: 29.5'],
    ['a total that is too large to be exact', { total: 2 ** 53 }, 'invoice.total is no whole number: 9007199254740992'],
    ['a line without an amount', { lines: { data: [{ ...LINE, amount: null }], has_more: false } }, 'line.amount is no whole number: null'],
    ['a line of no time', { lines: { data: [{ ...LINE, period: { start: -1, end: 1 } }], has_more: false } }, 'line.period.start is no time: -1'],
    ['a line without a period', { lines: { data: [{ ...LINE, period: undefined }], has_more: false } }, 'invoice lacks what every invoice has'],
    ['no lines', { lines: undefined }, 'invoice lacks what every invoice has'],
  ])('with %s says what is wrong', (_name, differing, message) => {
    expect(() => read(differing)).toThrow(expect.objectContaining({ code: 'stripe_object_unreadable', message }));
  });
});
