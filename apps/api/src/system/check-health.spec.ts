import { describe, expect, it } from '@jest/globals';

import type { WebhookInspection } from '@app/stripe';
import type { StreamStatus, WorkerFacts } from '@app/sync';

import type { ConnectionFacts } from './check-connection.js';
import { checkHealth, type HealthFacts } from './check-health.js';
import type { Finding } from './findings.js';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const ID = 'conn_1';

const worker = (difference: Partial<WorkerFacts> = {}): WorkerFacts => ({ id: 'wrk_1', name: 'machine/7', version: '7', silentSeconds: 3, clockAheadMs: 0, ...difference });
const webhook: WebhookInspection = { maker: 'KANA', endpointId: 'we_1', url: 'https://kana.example.com/webhooks/stripe/conn_1', flaws: [], failure: null, known: { state: 'ACTIVE', detail: null } };
const status = (difference: Partial<StreamStatus> = {}): StreamStatus => ({
  connectionId: ID,
  isConnected: true,
  syncedThrough: '2026-03-01T11:59:00.000Z',
  lagSeconds: 60,
  gapSince: null,
  keptBy: 'WEBHOOKS',
  poll: { through: '2026-03-01T11:59:30.000Z', lagSeconds: 30, completedAt: '2026-03-01T11:59:30.000Z', nextAt: null, isUnderWay: false, error: null },
  webhook: { lastReceivedAt: null, isWorking: true },
  openEvents: { WAITING: 0, FAILED: 0, DEAD: 0 },
  oldestOpenEvent: null,
  longestOpenSeconds: null,
  lastDay: {},
  activeImport: null,
  openIssues: 0,
  ...difference,
});
const report = (difference: Partial<{ resource: string; granted: boolean; required: boolean }> = {}, clockAheadMs = 0) => ({ report: { permissions: [{ resource: 'events', granted: true, required: true, ...difference }], clockAheadMs } });
const connection = (difference: Partial<ConnectionFacts> = {}): ConnectionFacts => ({ id: ID, key: report(), webhook, status: status(), ...difference });
const facts = (difference: Partial<HealthFacts> = {}): HealthFacts => ({
  readiness: { isReady: true, queue: 'available' },
  version: '7',
  clockAheadMs: 0,
  workers: [worker()],
  awaySeconds: 45,
  now: NOW,
  connections: [connection()],
  ...difference,
});

const unready = (code: string): Partial<HealthFacts> => ({ readiness: { isReady: false, code }, workers: [], connections: [] });
const of = (difference: Partial<ConnectionFacts>): Partial<HealthFacts> => ({ connections: [connection(difference)] });
const following = (difference: Partial<StreamStatus>): Partial<HealthFacts> => of({ status: status(difference) });
const poll = { ...status().poll, completedAt: '2026-03-01T11:56:59.000Z' };

const badOf = (all: readonly Finding[]): Finding[] => all.filter(({ severity }) => severity !== 'OK');

describe('the doctor', () => {
  it('finds nothing where all is well, and says what was looked at', () => {
    expect(checkHealth(facts()).map(({ code, severity, connectionId }) => [code, severity, connectionId])).toEqual([
      ['ready', 'OK', null],
      ['workers', 'OK', null],
      ['clocks', 'OK', null],
      ['rights', 'OK', ID],
      ['webhook', 'OK', ID],
      ['sync', 'OK', ID],
    ]);
  });

  it.each<[string, Partial<HealthFacts>, string, Finding['severity'], string]>([
    ['a schema that is behind', unready('schema_behind'), 'schema_behind', 'ERROR', 'lacks migrations'],
    ['tables of the queue that do not fit', unready('queue_schema_unfit'), 'queue_schema_unfit', 'ERROR', 'queue'],
    ['a database that is away', unready('database_unavailable'), 'database_unavailable', 'ERROR', 'cannot be reached'],
    ['an api that is ill in a way nobody knows', unready('internal_error'), 'internal_error', 'ERROR', 'internal_error'],
    ['a queue that is away', { readiness: { isReady: true, queue: 'away' } }, 'queue_away', 'ERROR', 'Redis'],
    ['that no worker runs', { workers: [] }, 'worker_away', 'ERROR', 'No worker runs'],
    ['that the last worker has died', { workers: [worker({ silentSeconds: 46 })] }, 'worker_away', 'ERROR', 'machine/7, was heard 46 s ago'],
    ['a worker of another version', { workers: [worker(), worker({ name: 'machine/8', version: '6' })] }, 'worker_version', 'WARNING', 'machine/8 is of another version (6)'],
    ['an api whose clock is ahead', { clockAheadMs: 30_001, connections: [connection({ key: report({}, 30_001) })] }, 'clock_skew', 'WARNING', 'The api’s clock is 30 s ahead of the database’s.'],
    ['a worker whose clock is behind', { workers: [worker({ clockAheadMs: -600_000 })] }, 'clock_skew', 'WARNING', 'The clock of the worker machine/7 is 10 min behind the database’s.'],
    ['a database whose clock is behind Stripe’s', of({ key: report({}, -31_000) }), 'clock_skew', 'WARNING', 'The database’s clock is 31 s behind Stripe’s.'],
    ['a database whose clock is so far ahead of Stripe’s that webhooks will soon be refused', of({ key: report({}, 240_000) }), 'clock_skew', 'ERROR', 'The database’s clock is 4 min ahead of Stripe’s.'],
    ['no account', { connections: [] }, 'connection', 'WARNING', 'No Stripe account'],
    ['a key without a right', of({ key: report({ granted: false }) }), 'right_missing', 'ERROR', 'Events: Read'],
    ['a key that Stripe refuses', of({ key: { refusal: { code: 'stripe_key_refused', detail: 'No.' } }, webhook: null }), 'stripe_key_refused', 'ERROR', 'No.'],
    ['that Stripe is away', of({ key: { refusal: { code: 'stripe_unreachable', detail: 'No way.' } }, webhook: null }), 'stripe_unreachable', 'ERROR', 'No way.'],
    ['webhooks that bring nothing', following({ webhook: { lastReceivedAt: null, isWorking: false } }), 'webhooks_silent', 'WARNING', 'by no webhook'],
    ['a worker that does not poll', following({ poll }), 'poll_overdue', 'ERROR', '181 s'],
    ['a poll that fails', following({ poll: { ...poll, error: { code: 'stripe_failing', detail: 'Ill.', stripeRequestId: null, at: '2026-03-01T11:59:30.000Z' } } }), 'stripe_failing', 'ERROR', 'Ill.'],
    ['no import', following({ syncedThrough: null }), 'not_imported', 'WARNING', 'No import'],
    ['dead events', following({ openEvents: { WAITING: 0, FAILED: 0, DEAD: 2 } }), 'dead_events', 'ERROR', '2 events'],
    ['an inbox that lags', following({ longestOpenSeconds: 61 }), 'inbox_lag', 'WARNING', '61 s'],
    ['an inbox that lags much', following({ longestOpenSeconds: 301 }), 'inbox_lag', 'ERROR', '301 s'],
    ['a gap', following({ gapSince: '2026-03-01T11:00:00.000Z' }), 'gap', 'ERROR', '11:00'],
    ['open issues', following({ openIssues: 3 }), 'issues', 'WARNING', '3 sync issues'],
  ])('finds %s, that alone, and says what to do', (_name, difference, code, severity, what) => {
    const bad = badOf(checkHealth(facts(difference)));
    expect(bad.map((each) => [each.code, each.severity])).toEqual([[code, severity]]);
    expect(bad[0]).toMatchObject({ what: expect.stringContaining(what), cure: expect.stringMatching(/\w{3}/) });
  });

  it.each<[string, Partial<HealthFacts>]>([
    ['half a minute between two clocks', { clockAheadMs: 30_000 }],
    ['an api with a wrong clock, of Stripe’s and the database’s, which agree', { clockAheadMs: 20_000, connections: [connection({ key: report({}, 45_000) })] }],
    ['a worker that is 45 s late', { workers: [worker({ silentSeconds: 45 })] }],
    ['a dead worker beside one that runs, whatever its clock and version', { workers: [worker(), worker({ silentSeconds: 4000, version: '1', clockAheadMs: 9e9 })] }],
    ['a poll under way', following({ poll: { ...poll, isUnderWay: true } })],
    ['a right that is wanted but not needed', of({ key: report({ resource: 'account', granted: false, required: false }) })],
    ['an event that waits a minute', following({ longestOpenSeconds: 60 })],
  ])('has nothing against %s', (_name, difference) => {
    expect(badOf(checkHealth(facts(difference)))).toEqual([]);
  });

  it('does not blame a worker that is away for not asking Stripe as well', () => {
    expect(badOf(checkHealth(facts({ workers: [], ...following({ poll }) }))).map(({ code }) => code)).toEqual(['worker_away']);
  });

  it('says of each account what is wrong with it', () => {
    const bad = badOf(checkHealth(facts({ connections: [connection({ id: 'conn_1', status: status({ openIssues: 1 }) }), connection({ id: 'conn_2', status: status({ gapSince: '2026-03-01T11:00:00.000Z' }) })] })));
    expect(bad.map(({ code, connectionId }) => [code, connectionId])).toEqual([
      ['issues', 'conn_1'],
      ['gap', 'conn_2'],
    ]);
  });
});
