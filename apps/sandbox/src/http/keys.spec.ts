import { describe, expect, it } from '@jest/globals';
import { ApiFault } from './faults.js';
import { authenticate, demand, masked } from './keys.js';

const basic = (user: string): string => `Basic ${Buffer.from(`${user}:`).toString('base64')}`;

describe('authenticate', () => {
  it.each(['Bearer sk_test_123', 'bearer rk_test_abc', basic('sk_test_123')])('takes %s', (header) => {
    expect([...authenticate(header).lacks]).toEqual([]);
  });

  it.each([
    [undefined, 'did not provide an API key'],
    ['Bearer', 'did not provide an API key'],
    ['Bearer sk_live_123456789012345', 'this is a sandbox'],
    ['Bearer rk_live_123', 'this is a sandbox'],
    ['Bearer pk_test_123', 'Invalid API Key provided'],
    ['Bearer sk_test_', 'Invalid API Key provided'],
    ['Bearer nonsense', 'Invalid API Key provided'],
  ])('refuses %s', (header, message) => {
    expect(() => authenticate(header)).toThrow(message);
  });

  it.each([
    ['rk_test_no_customers', ['customers read', 'customers write']],
    ['rk_test_no_customers_no_prices_x', ['customers read', 'customers write', 'prices read', 'prices write']],
    ['rk_test_no_webhook_endpoints_write_no_account_write_1', ['webhook_endpoints write', 'account write']],
    ['rk_test_no_such_thing', []],
    ['rk_test_no_customersX', []],
    ['sk_test_no_customers', []],
  ])('reads which rights %s lacks', (key, lacks) => {
    expect([...authenticate(`Bearer ${key}`).lacks]).toEqual(lacks);
  });
});

it('takes the right to write anything from a key that says no more', () => {
  const { lacks } = authenticate('Bearer rk_test_no_write_1');
  expect([...lacks].every((right) => right.endsWith(' write'))).toBe(true);
  expect(lacks.has('subscriptions write')).toBe(true);
});

describe('demand', () => {
  const key = authenticate('Bearer rk_test_no_customers_secret');

  it('lets pass what the key may read', () => {
    expect(() => demand(key, ['prices', 'products'], 'acct_1')).not.toThrow();
  });

  it('asks for the right to write by its own name', () => {
    const reader = authenticate('Bearer rk_test_no_prices_write_1');
    expect(() => demand(reader, ['prices'], 'acct_1')).not.toThrow();
    expect(() => demand(reader, ['prices'], 'acct_1', 'write')).toThrow(/rak_plan_write/);
  });

  it('answers 403 and names the permission, without telling the key', () => {
    const ask = (): void => demand(key, ['products', 'customers'], 'acct_1');
    expect(ask).toThrow(ApiFault);
    expect(ask).toThrow(/rak_customer_read/);
    expect(ask).not.toThrow(/no_customers_secret/);
  });
});

describe('masked', () => {
  it('shows the ends of a long key and only the kind of a short one', () => {
    expect(masked('sk_test_abcdefghijkl')).toBe('sk_test_********ijkl');
    expect(masked('sk_test_abc')).toBe('sk_test***');
  });
});
