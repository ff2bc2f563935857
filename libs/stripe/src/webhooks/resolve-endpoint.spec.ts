import { describe, expect, it } from '@jest/globals';

import { checkEndpoint, type EndpointFacts } from './check-endpoint.js';
import { resolveEndpoint, resolveStrays } from './resolve-endpoint.js';

const WANTED = { url: 'https://kana.example.com/webhooks/stripe/conn_1', events: ['a', 'b'], apiVersion: '2026-10-28.endive' };
const found = (difference: Partial<EndpointFacts> = {}): EndpointFacts => ({ id: 'we_1', created: 1000, url: WANTED.url, events: ['b', 'a'], apiVersion: WANTED.apiVersion, isEnabled: true, connectionId: 'conn_1', ...difference });

describe('the webhook endpoint of a connection', () => {
  it.each<[string, EndpointFacts | null, boolean, string]>([
    ['that is as it is to be is kept', found(), true, 'KEEP'],
    ['that is not there is made', null, true, 'MAKE'],
    ['whose secret is lost is made anew, as Stripe tells it once', found(), false, 'MAKE'],
    ['in another API version is made anew, as Stripe does not change that', found({ apiVersion: '2025-03-31.basil' }), true, 'MAKE'],
    ['in the account’s own version is made anew', found({ apiVersion: null }), true, 'MAKE'],
    ['with another address is changed', found({ url: 'https://old.example.com/webhooks/stripe/conn_1' }), true, 'UPDATE'],
    ['that was disabled is enabled', found({ isEnabled: false }), true, 'UPDATE'],
    ['that lacks an event type is changed', found({ events: ['a'] }), true, 'UPDATE'],
    ['that takes more than is handled is changed', found({ events: ['a', 'b', 'c'] }), true, 'UPDATE'],
    ['that takes everything is changed', found({ events: ['*'] }), true, 'UPDATE'],
    ['that was disabled and is in another API version is made anew', found({ isEnabled: false, apiVersion: null }), true, 'MAKE'],
  ])('%s', (_name, facts, holdsSecret, step) => {
    expect(resolveEndpoint(checkEndpoint(facts, WANTED, holdsSecret))).toBe(step);
  });
});

describe('strays', () => {
  it('are endpoints at the same address that were made long before the one that is kept', () => {
    const all = [
      found({ id: 'we_kept', created: 5000 }),
      found({ id: 'we_stray', created: 4000 }),
      found({ id: 'we_being_stored', created: 4900 }),
      found({ id: 'we_newer', created: 9000 }),
      found({ id: 'we_elsewhere', created: 1000, url: 'https://staging.example.com/webhooks/stripe/conn_1' }),
    ];
    expect(resolveStrays(all, found({ id: 'we_kept', created: 5000 }))).toEqual(['we_stray']);
  });
});
