import { describe, expect, it } from '@jest/globals';

import { checkEndpoint, type EndpointFacts, type EndpointFlaw } from './check-endpoint.js';

const WANTED = { url: 'https://kana.example.com/webhooks/stripe/conn_1', events: ['a', 'b'], apiVersion: '2026-10-28.endive' };
const found = (difference: Partial<EndpointFacts> = {}): EndpointFacts => ({ id: 'we_1', created: 1000, url: WANTED.url, events: ['b', 'a'], apiVersion: WANTED.apiVersion, isEnabled: true, connectionId: 'conn_1', ...difference });

describe('what is wrong with the webhook endpoint of a connection', () => {
  it.each<[string, EndpointFacts | null, boolean, EndpointFlaw[]]>([
    ['nothing where it is as it is to be', found(), true, []],
    ['that it is not there, and then nothing else', null, false, [{ kind: 'MISSING' }]],
    ['that it was disabled', found({ isEnabled: false }), true, [{ kind: 'DISABLED' }]],
    ['its address', found({ url: 'https://old.example.com/' }), true, [{ kind: 'ADDRESS', found: 'https://old.example.com/', wanted: WANTED.url }]],
    ['event types that it lacks', found({ events: ['a'] }), true, [{ kind: 'EVENTS_MISSING', events: ['b'] }]],
    ['event types that nobody handles', found({ events: ['a', 'b', 'c'] }), true, [{ kind: 'EVENTS_SUPERFLUOUS', events: ['c'] }]],
    ['that it takes everything, which lacks nothing', found({ events: ['*'] }), true, [{ kind: 'EVENTS_SUPERFLUOUS', events: ['*'] }]],
    ['another API version', found({ apiVersion: '2025-03-31.basil' }), true, [{ kind: 'API_VERSION', found: '2025-03-31.basil', wanted: WANTED.apiVersion }]],
    ['the account’s own API version', found({ apiVersion: null }), true, [{ kind: 'API_VERSION', found: null, wanted: WANTED.apiVersion }]],
    ['that its secret is lost', found(), false, [{ kind: 'SECRET_LOST' }]],
  ])('%s', (_name, facts, holdsSecret, flaws) => {
    expect(checkEndpoint(facts, WANTED, holdsSecret)).toEqual(flaws);
  });

  it('is told whole', () => {
    const kinds = checkEndpoint(found({ isEnabled: false, events: ['b', 'c'], apiVersion: null, url: 'https://old.example.com/' }), WANTED, false).map(({ kind }) => kind);
    expect(kinds).toEqual(['DISABLED', 'ADDRESS', 'EVENTS_MISSING', 'EVENTS_SUPERFLUOUS', 'API_VERSION', 'SECRET_LOST']);
  });
});
