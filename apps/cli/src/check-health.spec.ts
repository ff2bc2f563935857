import { describe, expect, it } from '@jest/globals';

import type { Connection, SyncStatus } from './api-shapes.js';
import { checkHealth, type Symptoms } from './check-health.js';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');

const connection = (difference: Partial<Connection> = {}): Connection => ({
  id: 'conn_1',
  accountId: 'acct_1',
  status: 'CONNECTED',
  permissions: [{ resource: 'customers', granted: true, required: true }],
  webhook: { state: 'ACTIVE', url: 'https://kana.example.com/webhooks/stripe/conn_1', detail: null },
  ...difference,
});
const status = (difference: Partial<SyncStatus> = {}): SyncStatus => ({
  connectionId: 'conn_1',
  isConnected: true,
  syncedThrough: '2026-03-01T11:59:00.000Z',
  lagSeconds: 60,
  gapSince: null,
  keptBy: 'WEBHOOKS',
  events: { waiting: 0, failed: 0, dead: 0, longestOpenSeconds: null },
  poll: { completedAt: '2026-03-01T11:59:30.000Z', isUnderWay: false, error: null },
  webhook: { isWorking: true },
  activeImport: null,
  openIssues: 0,
  ...difference,
});
const symptoms = (difference: Partial<Symptoms> = {}): Symptoms => ({
  now: NOW,
  apiNow: NOW,
  ready: { isReady: true, queue: 'available' },
  connections: [connection()],
  statuses: [status()],
  refusedChecks: new Map(),
  ...difference,
});
const ofStatus = (difference: Partial<SyncStatus>): Partial<Symptoms> => ({ statuses: [status(difference)] });
const ofConnection = (difference: Partial<Connection>): Partial<Symptoms> => ({ connections: [connection(difference)] });
const events = { waiting: 0, failed: 0, dead: 0, longestOpenSeconds: null };
const poll = { completedAt: null, isUnderWay: false, error: null };

describe('the doctor', () => {
  it('finds nothing where all is well, and says what was looked at', () => {
    expect(checkHealth(symptoms()).map(({ code, level }) => [code, level])).toEqual(['ready', 'clock', 'rights', 'webhook', 'worker'].map((code) => [code, 'ok']));
  });

  it.each<[string, Partial<Symptoms>, string, string]>([
    ['a schema that is behind', { ready: { isReady: false, code: 'schema_behind' }, connections: [], statuses: [] }, 'schema_behind', 'error'],
    ['a database that is away', { ready: { isReady: false, code: 'database_unavailable' }, connections: [], statuses: [] }, 'database_unavailable', 'error'],
    ['an api that is ill in a way nobody knows', { ready: { isReady: false, code: 'http_500' }, connections: [], statuses: [] }, 'http_500', 'error'],
    ['a queue that is away', { ready: { isReady: true, queue: 'away' } }, 'queue_away', 'error'],
    ['a clock that is behind', { now: NOW - 31_000 }, 'clock_skew', 'warning'],
    ['a clock that is ahead', { now: NOW + 31_000 }, 'clock_skew', 'warning'],
    ['no account', { connections: [], statuses: [] }, 'connection', 'warning'],
    ['only an account that is disconnected', { ...ofConnection({ status: 'DISCONNECTED' }), statuses: [] }, 'connection', 'warning'],
    ['a key without a right', ofConnection({ permissions: [{ resource: 'events', granted: false, required: true }] }), 'right_missing', 'error'],
    ['a key that Stripe refuses', { refusedChecks: new Map([['conn_1', { code: 'stripe_key_refused', detail: 'No.' }]]) }, 'stripe_key_refused', 'error'],
    ['no public address', ofConnection({ webhook: { state: 'NO_PUBLIC_URL', url: null, detail: null } }), 'public_url_missing', 'warning'],
    ['a webhook endpoint that could not be made', ofConnection({ webhook: { state: 'RIGHT_MISSING', url: null, detail: 'The key lacks Webhook Endpoints: Write.' } }), 'webhook_failed', 'error'],
    ['a state of webhooks that nobody knows yet', ofConnection({ webhook: { state: 'BROKEN', url: null, detail: null } }), 'webhook_failed', 'error'],
    ['webhooks that bring nothing', ofStatus({ webhook: { isWorking: false } }), 'webhooks_silent', 'warning'],
    ['a worker that is away', ofStatus({ poll: { ...poll, completedAt: '2026-03-01T11:56:59.000Z' } }), 'worker_away', 'error'],
    ['a poll that fails', ofStatus({ poll: { ...poll, error: { code: 'stripe_unreachable', detail: 'No way.' } } }), 'stripe_unreachable', 'error'],
    ['no import', ofStatus({ syncedThrough: null, poll }), 'not_imported', 'warning'],
    ['dead events', ofStatus({ events: { ...events, dead: 2 } }), 'dead_events', 'error'],
    ['an inbox that lags', ofStatus({ events: { ...events, longestOpenSeconds: 61 } }), 'inbox_lag', 'warning'],
    ['an inbox that lags much', ofStatus({ events: { ...events, longestOpenSeconds: 301 } }), 'inbox_lag', 'error'],
    ['a gap', ofStatus({ gapSince: '2026-03-01T11:00:00.000Z' }), 'gap', 'error'],
    ['open issues', ofStatus({ openIssues: 3 }), 'issues', 'warning'],
  ])('finds %s, and says what to do', (_name, difference, code, level) => {
    const bad = checkHealth(symptoms(difference)).filter((each) => each.level !== 'ok');
    expect(bad).toEqual([{ code, level, connectionId: expect.anything(), detail: expect.any(String), cure: expect.any(String) }].map((each) => ({ ...each, connectionId: bad[0]?.connectionId })));
  });

  it.each<[string, Partial<Symptoms>]>([
    ['half a minute between two clocks', { now: NOW + 30_000 }],
    ['a poll under way', ofStatus({ poll: { ...poll, completedAt: '2026-03-01T11:00:00.000Z', isUnderWay: true } })],
    ['a right that is wanted but not needed', ofConnection({ permissions: [{ resource: 'account', granted: false, required: false }] })],
    ['a secret given by hand', ofConnection({ webhook: { state: 'BY_HAND', url: null, detail: null } })],
    ['an event that waits a minute', ofStatus({ events: { ...events, longestOpenSeconds: 60 } })],
  ])('has nothing against %s', (_name, difference) => {
    expect(checkHealth(symptoms(difference)).filter(({ level }) => level !== 'ok')).toEqual([]);
  });
});
