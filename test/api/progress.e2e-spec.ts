import { ImportRunService } from '@app/sync';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { type Sandbox, startSandbox } from '../../apps/sandbox/src/sandbox.js';
import { startTestApi, type TestApi } from '../support/api.js';
import { type Connected, importAccount, startConnected } from '../support/connected.js';
import { eventually } from '../support/eventually.js';
import { listen, type Listening } from '../support/event-stream.js';
import { must } from '../support/stripe-world.js';
import { administer } from '../support/test-server.js';

interface Run {
  id: string;
  status: string;
  counts: { seen: number };
}

const IMPORTS = '/v1/stripe/imports';
const RECONCILIATIONS = '/v1/sync/reconciliations';
const OPEN = ['QUEUED', 'RUNNING', 'PAUSED'];

const statuses = ({ events }: Listening): string[] => events.filter(({ type }) => type === 'progress').map(({ data }) => (data as Run).status);
const hear = (listening: Listening, status: string): Promise<true> => eventually(`${status} to be told`, async () => (statuses(listening).includes(status) ? true : undefined));

describe('following a run that no worker works on', () => {
  let sandbox: Sandbox;
  let api: TestApi;
  let run: Run;
  const listeners: Listening[] = [];

  beforeAll(async () => {
    sandbox = await startSandbox({ host: '127.0.0.1', port: 0, subscriptions: 10, seed: 5 });
    api = await startTestApi({ STRIPE_API_BASE: sandbox.url });
    await must(api.post('/v1/stripe/connections', { apiKey: 'rk_test_followed' }));
    run = await must(api.post<Run>(IMPORTS, {}));
  });
  afterEach(() => listeners.splice(0).forEach((each) => each.leave()));
  afterAll(async () => {
    await api.close();
    await sandbox.close();
  });

  async function follow(path = `${IMPORTS}/${run.id}/progress`): Promise<Listening> {
    const listening = await listen(`${api.url}${path}`, api.adminKey);
    // A listener that leaves breaks its answer off.
    listening.ended.catch(() => undefined);
    listeners.push(listening);
    return listening;
  }
  const setStatus = (status: string): Promise<void> => administer(api.databaseUrl, `update import_run set status = '${status}' where id = '${run.id}'`);

  it('shows it at once as GET does, then each change, and ends with it', async () => {
    const listening = await follow();
    expect([listening.status, listening.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect(listening.headers.get('x-request-id')).not.toBeNull();
    await hear(listening, 'QUEUED');
    expect(listening.events[0]).toMatchObject({ type: 'progress', data: await must(api.get(`${IMPORTS}/${run.id}`)) });
    await setStatus('RUNNING');
    await hear(listening, 'RUNNING');
    await setStatus('COMPLETED');
    await listening.ended;
    expect(listening.events.map(({ type }) => type)).toEqual(['progress', 'progress', 'progress', 'end']);
    expect(statuses(listening)).toEqual(['QUEUED', 'RUNNING', 'COMPLETED']);
    expect(listening.events.at(-1)?.data).toEqual(await must(api.get(`${IMPORTS}/${run.id}`)));
    const ids = listening.events.map(({ id }) => id);
    expect([new Set(ids).size, ids.includes(undefined)]).toEqual([3, false]);
  });

  it('of a run that has ended shows it, and ends', async () => {
    const listening = await follow();
    await listening.ended;
    expect(listening.events.map(({ type, data }) => [type, (data as Run).status])).toEqual([['progress', 'COMPLETED'], ['end', 'COMPLETED']]);
  });

  it('reads it once a beat, however many listen, and not at all once nobody does', async () => {
    await setStatus('RUNNING');
    const reads = jest.spyOn(api.app.get(ImportRunService, { strict: false }), 'get');
    const all = await Promise.all(Array.from({ length: 10 }, () => follow()));
    await Promise.all(all.map((each) => hear(each, 'RUNNING')));
    const begun = performance.now();
    const atFirst = reads.mock.calls.length;
    await eventually('some beats', async () => (reads.mock.calls.length >= atFirst + 4 ? true : undefined));
    expect(reads.mock.calls.length - atFirst).toBeLessThanOrEqual(Math.ceil((performance.now() - begun) / 500) + 1);
    expect(all.map(({ events }) => events.length)).toEqual(all.map(() => 1));
    all.forEach((each) => each.leave());
    await eventually('a second without a reading', async () => {
      const before = reads.mock.calls.length;
      await new Promise((resolve) => setTimeout(resolve, 1100));
      return reads.mock.calls.length === before ? true : undefined;
    });
    reads.mockRestore();
  });

  it('asks for a key as any reading does, and knows what there is not', async () => {
    expect((await fetch(`${api.url}${IMPORTS}/${run.id}/progress`)).status).toBe(401);
    for (const [path, code] of [[IMPORTS, 'import_not_found'], [RECONCILIATIONS, 'reconciliation_not_found']] as const) {
      const answer = await api.get(`${path}/${run.id.replace('imp', 'none')}/progress`);
      expect([answer.status, answer.body, answer.headers.get('content-type')]).toMatchObject([404, { code }, 'application/problem+json']);
    }
  });

  it('outlives a database that is away for a moment', async () => {
    const listening = await follow();
    await hear(listening, 'RUNNING');
    await administer(api.databaseUrl, `alter table import_run rename to import_run_away`);
    const reads = jest.spyOn(api.app.get(ImportRunService, { strict: false }), 'get');
    await eventually('a reading that failed', async () => (reads.mock.results.length > 1 ? true : undefined));
    reads.mockRestore();
    await administer(api.databaseUrl, `alter table import_run_away rename to import_run`);
    await setStatus('FAILED');
    await listening.ended;
    expect(statuses(listening)).toEqual(['RUNNING', 'FAILED']);
  });

  it('ends without a word when the server stops, which does not wait', async () => {
    await setStatus('RUNNING');
    const all = await Promise.all([follow(), follow(), follow()]);
    await Promise.all(all.map((each) => hear(each, 'RUNNING')));
    const stopped = performance.now();
    await api.app.close();
    await Promise.all(all.map(({ ended }) => ended));
    expect(performance.now() - stopped).toBeLessThan(5000);
    expect(all.map(({ events }) => events.map(({ type }) => type))).toEqual(all.map(() => ['progress']));
  });
});

describe('following a run that a worker does', () => {
  let world: Connected;
  beforeAll(async () => {
    world = await startConnected(250);
  });
  afterAll(() => world.close());

  it.each([
    ['an import', IMPORTS],
    ['a reconciliation', RECONCILIATIONS],
  ])('hears of %s from its beginning to its end', async (_name, path) => {
    if (path === RECONCILIATIONS) {
      await importAccount(world.api);
    }
    world.api.clock.advance(1000);
    world.sandbox.setLatency(200);
    const { id } = await must(world.api.post<Run>(path, {}));
    const listening = await listen(`${world.api.url}${path}/${id}/progress`, world.api.adminKey);
    await listening.ended;
    world.sandbox.setLatency(0);
    const last = listening.events.at(-1);
    expect([last?.type, last?.data]).toEqual(['end', await must(world.api.get(`${path}/${id}`))]);
    expect(last?.data).toMatchObject({ status: 'COMPLETED' });
    expect(OPEN).toContain(statuses(listening)[0]);
    const seen = listening.events.map(({ data }) => (data as Run).counts.seen);
    expect(seen.at(-1)).toBeGreaterThanOrEqual(250);
    expect(seen).toEqual(seen.toSorted((one, other) => one - other));
  });
});
