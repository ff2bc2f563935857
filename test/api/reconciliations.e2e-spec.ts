import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type Connected, importAccount, startConnected } from '../support/connected.js';
import { eventually } from '../support/eventually.js';
import { send } from '../support/send.js';
import { must } from '../support/stripe-world.js';

interface Reconciliation {
  id: string;
  kind: string;
  status: string;
  counts: Record<string, number>;
  drift: { objects: number; byKind: Record<string, number> };
  code: string;
}
interface Drift {
  stripeId: string;
  objectType: string;
  kind: string;
  field: string;
  userId: string | null;
  before: unknown;
  after: unknown;
  state: string;
}
interface PageOf<Entry> {
  data: Entry[];
  hasMore: boolean;
  nextCursor: string | null;
}

const ROUTE = '/v1/sync/reconciliations';
const IMPORTS = '/v1/stripe/imports';

let world: Connected;
let changed: string;
let runId: string;
beforeAll(async () => {
  world = await startConnected(130);
  await importAccount(world.api);
  changed = world.sandbox.truth().subscriptions.find(({ status, items }) => status === 'active' && items.some(({ quantity }) => quantity !== undefined))?.id ?? '';
  world.sandbox.changes.changeSubscription(changed, { quantity: 41 });
  world.sandbox.events.forget();
  world.api.clock.advance(1000);
  runId = (await must(world.api.post<Reconciliation>(ROUTE))).id;
  expect((await ended(runId)).status).toBe('COMPLETED');
});
afterAll(() => world.close());

async function ended(id: string): Promise<Reconciliation> {
  return eventually('the end', async () => {
    const run = await must(world.api.get<Reconciliation>(`${ROUTE}/${id}`));
    return ['QUEUED', 'RUNNING'].includes(run.status) ? undefined : run;
  });
}

async function all<Entry>(path: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const position: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: PageOf<Entry> = await must(world.api.get<PageOf<Entry>>(`${path}${position}`));
    expect(page.hasMore).toBe(page.nextCursor !== null);
    entries.push(...page.data);
    cursor = page.nextCursor;
  }
  return entries;
}

describe('starting a reconciliation', () => {
  it('is accepted and told where to follow it; anything else of this account meanwhile is sent there', async () => {
    world.api.clock.advance(1000);
    world.sandbox.setLatency(150);
    const started = await world.api.post<Reconciliation>(ROUTE, { connectionId: world.connectionId });
    expect([started.status, started.body.status, started.body.kind]).toEqual([202, 'QUEUED', 'RECONCILIATION']);
    const location = `${ROUTE}/${started.body.id}`;
    expect(started.headers.get('location')).toBe(location);
    for (const path of [ROUTE, IMPORTS]) {
      const second = await world.api.post<Reconciliation>(path);
      expect([second.status, second.body.code, second.headers.get('location')]).toEqual([409, 'reconciliation_running', location]);
    }
    world.sandbox.setLatency(0);
    expect(await ended(started.body.id)).toMatchObject({ status: 'COMPLETED', drift: { objects: 0, byKind: {} } });
  });

  it('is refused while an import is under way, which it names', async () => {
    world.api.clock.advance(1000);
    world.sandbox.setLatency(150);
    const { body } = await world.api.post<Reconciliation>(IMPORTS);
    const refused = await world.api.post<Reconciliation>(ROUTE);
    expect([refused.status, refused.body.code, refused.headers.get('location')]).toEqual([409, 'import_running', `${IMPORTS}/${body.id}`]);
    world.sandbox.setLatency(0);
    await eventually('the end of the import', async () => ((await must(world.api.get<Reconciliation>(`${IMPORTS}/${body.id}`))).status === 'COMPLETED' ? true : undefined));
  });

  it('takes effect once for one Idempotency-Key', async () => {
    world.api.clock.advance(1000);
    const call = () => send<Reconciliation>(`${world.api.url}${ROUTE}`, { method: 'POST', key: world.api.adminKey, headers: { 'idempotency-key': 'once' } });
    const [one, other] = [await call(), await call()];
    expect([one.status, other.status, other.body.id]).toEqual([202, 202, one.body.id]);
    await ended(one.body.id);
  });

  it.each([
    [{ connectionId: 'conn_none' }, 404],
    [{ dryRun: true }, 400],
  ])('with %j is answered %i', async (body, status) => {
    expect((await world.api.post(ROUTE, body)).status).toBe(status);
  });
});

describe('a reconciliation', () => {
  it('tells what it found, in numbers', async () => {
    const { counts, drift } = await must(world.api.get<Reconciliation>(`${ROUTE}/${runId}`));
    const { seen, created = 0, updated = 0, unchanged = 0, parked = 0, failed = 0 } = counts;
    expect(created + updated + unchanged + parked + failed).toBe(seen);
    // Two subscriptions and a customer live under a test clock, which the import does not see.
    expect(drift).toMatchObject({ objects: 4, byKind: { MISSING: 3, QUANTITY: expect.any(Number) } });
  });

  it('is no import, and an import is none', async () => {
    expect(await world.api.get(`${IMPORTS}/${runId}`)).toMatchObject({ status: 404, body: { code: 'import_not_found' } });
    const [anImport] = await all<Reconciliation>(`${IMPORTS}?limit=9`);
    expect(await world.api.get(`${ROUTE}/${anImport?.id}`)).toMatchObject({ status: 404, body: { code: 'reconciliation_not_found' } });
    const kinds = [await all<Reconciliation>(`${IMPORTS}?limit=9`), await all<Reconciliation>(`${ROUTE}?limit=2`)].map((runs) => [...new Set(runs.map(({ kind }) => kind))]);
    expect(kinds).toEqual([['IMPORT'], ['RECONCILIATION']]);
  });

  it.each(['', '/drift', '/approve'])('that there is not is not found (%s)', async (under) => {
    const answer = under === '/approve' ? await world.api.post(`${ROUTE}/recon_none/approve`) : await world.api.get(`${ROUTE}/recon_none${under}`);
    expect(answer).toMatchObject({ status: 404, body: { code: 'reconciliation_not_found' } });
  });

  it('is let go on only when it has asked', async () => {
    expect(await world.api.post(`${ROUTE}/${runId}/approve`)).toMatchObject({ status: 409, body: { code: 'reconciliation_not_paused' } });
  });
});

describe('drift', () => {
  it('is told field by field, as it was and as it is', async () => {
    const found = await all<Drift>(`${ROUTE}/${runId}/drift?stripeId=${changed}`);
    expect(found).toContainEqual(expect.objectContaining({ objectType: 'SUBSCRIPTION', kind: 'QUANTITY', field: expect.stringMatching(/^items\[si_\w+\]\.quantity$/), after: 41, state: 'APPLIED' }));
    expect(found.every(({ userId }) => userId?.includes('@'))).toBe(true);
  });

  it('goes on at its cursor, whatever the size of a page', async () => {
    const [small, large] = [await all<Drift>(`${ROUTE}/${runId}/drift?limit=1`), await all<Drift>(`${ROUTE}/${runId}/drift?limit=100`)];
    expect(small).toEqual(large);
    expect(small.length).toBeGreaterThan(3);
  });

  it('is filtered by kind, object type and state', async () => {
    const { drift } = await must(world.api.get<Reconciliation>(`${ROUTE}/${runId}`));
    for (const [kind, count] of Object.entries(drift.byKind)) {
      expect(await all<Drift>(`${ROUTE}/${runId}/drift?kind=${kind}`)).toHaveLength(count);
    }
    expect((await all<Drift>(`${ROUTE}/${runId}/drift?objectType=CUSTOMER`)).map(({ kind }) => kind)).toEqual(['MISSING']);
    expect(await all<Drift>(`${ROUTE}/${runId}/drift?state=HELD`)).toEqual([]);
  });

  it.each(['limit=0', 'kind=ALL', 'state=DONE', 'cursor=zzz', 'q=x'])('is not told by %s', async (query) => {
    expect((await world.api.get(`${ROUTE}/${runId}/drift?${query}`)).status).toBe(400);
  });
});
