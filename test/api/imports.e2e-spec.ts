import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type Connected, importAccount, startConnected } from '../support/connected.js';
import { eventually } from '../support/eventually.js';
import { must } from '../support/stripe-world.js';

interface Run {
  id: string;
  status: string;
  counts: Record<string, number>;
  code: string;
  detail: string;
}
interface Row {
  stripeSubscriptionId: string;
  userId: string | null;
  result: string;
  reasons: string[];
  packages: { packageId: string; subscriptionId: string; status: string }[];
}
interface PageOf<Entry> {
  data: Entry[];
  hasMore: boolean;
  nextCursor: string | null;
}

const IMPORTS = '/v1/stripe/imports';

let world: Connected;
let runId: string;
beforeAll(async () => {
  world = await startConnected(130);
  await must(world.api.post('/v1/features', { id: 'seats', name: 'Seats', type: 'CONSUMABLE' }));
  await must(world.api.post('/v1/packages', { id: 'team', name: 'Team', features: [{ featureId: 'seats', limit: 3 }] }));
  await must(world.api.post('/v1/packages/team/publish'));
  await must(world.api.put('/v1/stripe/mappings', { mappings: ['price_TeamMonthUsd', 'price_TeamMonthEur', 'price_TeamYearUsd'].map((priceId) => ({ priceId, packageId: 'team' })) }));
  runId = await importAccount(world.api);
});
afterAll(() => world.close());

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

describe('starting an import', () => {
  it('is accepted and told where to follow it; a second one meanwhile is sent to the first', async () => {
    world.api.clock.advance(1000);
    world.sandbox.setLatency(150);
    const started = await world.api.post<Run>(IMPORTS, {});
    expect([started.status, started.body.status]).toEqual([202, 'QUEUED']);
    expect(started.headers.get('location')).toBe(`${IMPORTS}/${started.body.id}`);
    const second = await world.api.post<Run>(IMPORTS, { connectionId: world.connectionId });
    expect([second.status, second.body.code]).toEqual([409, 'import_running']);
    expect(second.headers.get('location')).toBe(`${IMPORTS}/${started.body.id}`);
    expect(second.headers.get('content-type')).toContain('application/problem+json');
    world.sandbox.setLatency(0);
    const ended = await eventually('the end', async () => {
      const run = await must(world.api.get<Run>(`${IMPORTS}/${started.body.id}`));
      return ['QUEUED', 'RUNNING'].includes(run.status) ? undefined : run;
    });
    expect(ended).toMatchObject({ status: 'COMPLETED', counts: { created: 0, updated: 0, failed: 0 } });
  });

  it('of an account that is not connected is not found', async () => {
    expect(await world.api.post(IMPORTS, { connectionId: 'conn_none' })).toMatchObject({ status: 404, body: { code: 'connection_not_found' } });
    expect((await world.api.post(IMPORTS, { everything: true })).status).toBe(400);
  });
});

describe('an import run', () => {
  it('is complete, counted, and has a sum that adds up', async () => {
    const run = await must(world.api.get<Run>(`${IMPORTS}/${runId}`));
    const { seen, created = 0, updated = 0, unchanged = 0, parked = 0, failed = 0 } = run.counts;
    expect(run).toMatchObject({ id: runId, connectionId: world.connectionId, kind: 'IMPORT', status: 'COMPLETED', error: null, progress: { percent: 100, etaSeconds: 0 } });
    expect(seen).toBe(world.sandbox.truth().subscriptions.length);
    expect(created + updated + unchanged + parked + failed).toBe(seen);
  });

  it('that there is not is not found, nor are its rows', async () => {
    expect(await world.api.get(`${IMPORTS}/imp_none`)).toMatchObject({ status: 404, body: { code: 'import_not_found' } });
    expect(await world.api.get(`${IMPORTS}/imp_none/rows`)).toMatchObject({ status: 404, body: { code: 'import_not_found' } });
  });

  it('tells what became of each subscription, page by page, in the order of their ids', async () => {
    const [small, large] = [await all<Row>(`${IMPORTS}/${runId}/rows?limit=9`), await all<Row>(`${IMPORTS}/${runId}/rows?limit=100`)];
    expect(small).toEqual(large);
    const ids = small.map(({ stripeSubscriptionId }) => stripeSubscriptionId);
    expect(new Set(ids)).toEqual(new Set(world.sandbox.truth().subscriptions.map(({ id }) => id)));
    expect(ids).toHaveLength(new Set(ids).size);
  });

  it('filters its rows by result, in the numbers that it counted', async () => {
    const { counts } = await must(world.api.get<Run>(`${IMPORTS}/${runId}`));
    const [created, parked, failed] = await Promise.all(['CREATED', 'PARKED', 'FAILED'].map((result) => all<Row>(`${IMPORTS}/${runId}/rows?limit=10&result=${result}`)));
    expect([created?.length, parked?.length, failed?.length]).toEqual([counts['created'], counts['parked'], counts['failed']]);
    expect(new Set(created?.map(({ result }) => result))).toEqual(new Set(['CREATED']));
    expect(parked?.every(({ reasons, packages }) => reasons.length > 0 && packages.length === 0)).toBe(true);
  });

  it('names in a row the subscriptions that it led to', async () => {
    const plain = world.sandbox.truth().specials['plain']?.find((id) => id.startsWith('sub_'));
    const row = (await all<Row>(`${IMPORTS}/${runId}/rows?limit=100`)).find(({ stripeSubscriptionId }) => stripeSubscriptionId === plain);
    expect(row).toMatchObject({ result: 'CREATED', userId: 'plain@special.example', packages: [{ packageId: 'team', status: 'ACTIVE' }], reasons: [] });
    const [only] = row?.packages ?? [];
    expect(await must(world.api.get(`/v1/subscriptions/${only?.subscriptionId}`))).toMatchObject({ userId: 'plain@special.example', stripe: { subscriptionId: plain } });
  });

  it.each(['limit=0', 'limit=101', 'result=DONE', 'cursor=zzz', 'q=x'])('refuses rows by %s', async (query) => {
    expect((await world.api.get(`${IMPORTS}/${runId}/rows?${query}`)).status).toBe(400);
  });
});

describe('the list of imports', () => {
  it('shows the newest first, and goes on at its cursor', async () => {
    world.api.clock.advance(1000);
    const third = await importAccount(world.api);
    const runs = await all<Run>(`${IMPORTS}?limit=1`);
    expect(runs[0]?.id).toBe(third);
    expect(runs.at(-1)?.id).toBe(runId);
    expect(runs).toEqual(await all<Run>(`${IMPORTS}?limit=100`));
    expect(await all<Run>(`${IMPORTS}?connectionId=conn_none`)).toEqual([]);
    expect(await world.api.get(`${IMPORTS}?cursor=zzz`)).toMatchObject({ status: 400, body: { code: 'cursor_invalid' } });
  });
});
