import { describe, expect, it } from '@jest/globals';

import type { Finding } from './api-shapes.js';
import { describeFindings } from './describe-findings.js';

const finding = (difference: Partial<Finding>): Finding => ({ code: 'ready', severity: 'OK', connectionId: null, what: 'All is there.', cure: null, ...difference });
const disabled = finding({ code: 'webhook_disabled', severity: 'ERROR', connectionId: 'conn_1', what: 'The endpoint is disabled in Stripe: it sends nothing.', cure: 'Enable it there, or here by a repair.' });
const plain = { columns: null, paint: (_colour: string, text: string) => text };

describe('what the doctor tells', () => {
  it('is told place by place, the deployment first, each with its cure', () => {
    const others = [finding({ code: 'issues', severity: 'WARNING', connectionId: 'conn_2', what: '3 issues.', cure: 'Look.' }), finding({ what: 'A worker runs.' })];
    expect(describeFindings([disabled, finding({}), ...others], [], plain)).toEqual([
      'Kana',
      '  ok       All is there.',
      '  ok       A worker runs.',
      'conn_1',
      '  ERROR    The endpoint is disabled in Stripe: it sends nothing. (webhook_disabled)',
      '           → Enable it there, or here by a repair.',
      'conn_2',
      '  warning  3 issues. (issues)',
      '           → Look.',
      '',
      '1 error, 1 warning.',
    ]);
  });

  it('says what was repaired, and that nothing else is wrong', () => {
    expect(describeFindings([finding({})], [disabled], plain)).toEqual(['Kana', '  ok       All is there.', 'conn_1', '  repaired The endpoint is disabled in Stripe: it sends nothing. (webhook_disabled)', '           → This has been put right.', '', '1 repaired.']);
    expect(describeFindings([finding({})], [], plain).at(-1)).toBe('Nothing is wrong.');
  });

  it('keeps to the terminal, and leaves an address whole', () => {
    const url = `https://kana.example.com/${'x'.repeat(40)}`;
    expect(describeFindings([{ ...disabled, what: `It sends to ${url} now.` }], [], { ...plain, columns: 50 })).toEqual([
      'conn_1',
      '  ERROR    It sends to',
      `           ${url}`,
      '           now. (webhook_disabled)',
      '           → Enable it there, or here by a',
      '           repair.',
      '',
      '1 error.',
    ]);
  });
});
