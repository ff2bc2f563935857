import { randomBytes } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { SecretBox } from './secret-box.js';

describe('SecretBox', () => {
  const box = new SecretBox(randomBytes(32));

  it('opens what it sealed, in the same place', () => {
    expect(box.open(box.seal('rk_test_ä', 'row/field'), 'row/field')).toBe('rk_test_ä');
  });

  it('never gives the same ciphertext twice, nor the secret in it', () => {
    const first = box.seal('rk_test_secret', 'row/field');
    expect(first).not.toBe(box.seal('rk_test_secret', 'row/field'));
    expect(first).not.toContain('rk_test_secret');
  });

  it.each([
    ['in another place', (sealed: string) => box.open(sealed, 'row/other')],
    ['with another key', (sealed: string) => new SecretBox(randomBytes(32)).open(sealed, 'row/field')],
    ['when a byte was changed', (sealed: string) => box.open(`${sealed.slice(0, -2)}AA`, 'row/field')],
    ['when it is no ciphertext', () => box.open('rk_test_plain', 'row/field')],
  ])('does not open %s', (_case, open) => {
    expect(() => open(box.seal('rk_test_secret', 'row/field'))).toThrow(
      expect.objectContaining({ code: 'secret_unreadable' }),
    );
  });
});
