import { describe, expect, it } from '@jest/globals';

import { redactorOf, secretsOf } from './redact-secrets.js';

describe('redactorOf', () => {
  const redact = redactorOf(['an "admin" key+1', undefined]);

  it.each([
    ['a secret key of Stripe', 'failed with sk_test_51Habc-DEF at', 'failed with [redacted] at'],
    ['a restricted key of Stripe', '"rk_live_no_customers_1"', '"[redacted]"'],
    ['a webhook secret', 'whsec_abc+/=', '[redacted]'],
    ['a key of Kana', 'Bearer kana_live_0a1b', 'Bearer [redacted]'],
    ['a key of any shape in a header', '"authorization":"Bearer s3cr3t!key"', '"authorization":"Bearer [redacted]"'],
    ['the password of a database', 'postgresql://kana:p4ss@localhost:5432/kana', 'postgresql://kana:[redacted]@localhost:5432/kana'],
    ['the password of a Redis', 'rediss://:p4ss@redis:6379/0', 'rediss://:[redacted]@redis:6379/0'],
    ['an email', 'user "ann.o+k@mail.example.com" of', 'user "[redacted]" of'],
    ['an email in a URL', 'GET /v1/users/ann%40example.com?x=ann%40example.com', 'GET /v1/users/[redacted]?x=[redacted]'],
    ['an email with letters of any language', 'jürgen@bücher.example', '[redacted]'],
    ['a secret of the settings, as JSON writes it', String.raw`{"key":"an \"admin\" key+1"}`, '{"key":"[redacted]"}'],
  ])('takes out %s', (_name, line, expected) => {
    expect(redact(line)).toBe(expected);
  });

  it.each([['metadata kana_user_id'], ['database kana_demo'], ['price_1Abc of prod_2'], ['task_test_1'], ['at node_modules/@nestjs/core/injector.js'], ['pkg@1.2.3'], ['postgresql://localhost/kana']])(
    'leaves %s alone',
    (line) => {
      expect(redact(line)).toBe(line);
    },
  );

  it('takes no longer than a line is long', () => {
    const line = 'a'.repeat(1_000_000);
    const started = performance.now();
    expect(redact(line)).toBe(line);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('secretsOf', () => {
  it('knows the encryption key in every way it may be written, and a password as it is and encoded', () => {
    const key = Buffer.from('f'.repeat(64), 'hex');
    const secrets = secretsOf({ kanaAdminKey: 'admin', stripeSecretKey: undefined, kanaEncryptionKey: key, databaseUrl: 'postgresql://kana:long%20password@host/db', redisUrl: 'redis://:another-password@host' });
    expect(secrets).toEqual(['admin', 'f'.repeat(64), '/'.repeat(42) + '8', '_'.repeat(42) + '8', 'long%20password', 'long password', 'another-password', 'another-password']);
  });

  it('leaves a short password to the pattern of addresses: it may be a word', () => {
    expect(secretsOf({ kanaAdminKey: undefined, stripeSecretKey: undefined, kanaEncryptionKey: undefined, databaseUrl: 'postgresql://kana:postgres@host/db', redisUrl: undefined })).toEqual([]);
  });
});
