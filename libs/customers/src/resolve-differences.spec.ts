import { describe, expect, it } from '@jest/globals';

import { resolveDifferences } from './resolve-differences.js';

const USER = { email: 'ann@x.com', name: 'Ann' };

describe('where a user and a customer differ', () => {
  it.each([
    ['nowhere', USER, []],
    ['in the email', { ...USER, email: 'bob@x.com' }, ['email']],
    ['in the name', { ...USER, name: 'Bob' }, ['name']],
    ['in both', { email: 'bob@x.com', name: 'Bob' }, ['email', 'name']],
    ['where Stripe has nothing', { email: null, name: null }, ['email', 'name']],
    ['not in how the email is spelt', { ...USER, email: ' ANN@x.com' }, []],
  ])('%s', (_where, customer, expected) => {
    expect(resolveDifferences(USER, { ...customer, deleted: false })).toEqual(expected);
  });

  it('not where a name of blanks stands for none', () => {
    expect(resolveDifferences({ email: null, name: null }, { email: null, name: ' ', deleted: false })).toEqual([]);
  });

  it('not from a deleted customer, which shows nothing any more', () => {
    expect(resolveDifferences(USER, { email: 'bob@x.com', name: 'Bob', deleted: true })).toEqual([]);
  });
});
