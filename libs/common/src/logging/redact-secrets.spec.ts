import { describe, expect, it } from '@jest/globals';

import { redactorOf } from './redact-secrets.js';

describe('redactorOf', () => {
  const redact = redactorOf(['an "admin" key+1', undefined]);

  it.each([
    ['a secret key of Stripe', 'failed with sk_test_51Habc-DEF at', 'failed with [redacted] at'],
    ['a restricted key of Stripe', '"rk_live_no_customers_1"', '"[redacted]"'],
    ['a webhook secret', 'whsec_abc+/=', '[redacted]'],
    ['a key of Kana', 'Bearer kana_live_0a1b', 'Bearer [redacted]'],
    ['a key of any shape in a header', '"authorization":"Bearer s3cr3t!key"', '"authorization":"Bearer [redacted]"'],
    ['the password of a database', 'postgresql://kana:p4ss@localhost:5432/kana', 'postgresql://kana:[redacted]@localhost:5432/kana'],
    ['a secret of the settings, as JSON writes it', String.raw`{"key":"an \"admin\" key+1"}`, '{"key":"[redacted]"}'],
  ])('takes out %s', (_name, line, expected) => {
    expect(redact(line)).toBe(expected);
  });

  it.each([['metadata kana_user_id'], ['database kana_demo'], ['price_1Abc of prod_2'], ['task_test_1'], ['postgresql://localhost/kana']])(
    'leaves %s alone',
    (line) => {
      expect(redact(line)).toBe(line);
    },
  );
});
