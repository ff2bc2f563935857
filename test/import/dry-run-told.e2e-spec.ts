import { DryRunLedger, ReconciliationService } from '@app/sync';
import { EntityManager } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { isLive } from '../support/oracle/account.js';
import { runDry } from './dry-run.js';
import { ok, readAll, readRun } from './kana.js';
import { Lane } from './lane.js';
import { accountSeed, mapMost, type World } from './world.js';

const SUBSCRIPTIONS = 40;
const SEED = accountSeed(SUBSCRIPTIONS);
const FORMULA = '=HYPERLINK("http://evil.example","Ann, Example")';

interface Row {
  stripeSubscriptionId: string;
  userId: string | null;
}

let lane: Lane;
let world: World;
let dryRunId: string;

beforeAll(async () => {
  lane = await Lane.open();
  world = await lane.world({ seed: SEED, subscriptions: SUBSCRIPTIONS });
  await mapMost(world);
  const known = new Set(world.users.map(({ billingId }) => billingId));
  const payer = world.store.subscriptions.find((one) => isLive(one) && !known.has(one.customer));
  await ok(world.api.post('/v1/users', { id: FORMULA, billingId: payer?.customer }));
  dryRunId = (await runDry(world.api)).id;
}, 120_000);
afterAll(() => lane.close());

const path = (rest: string): string => `/v1/stripe/imports/${dryRunId}${rest}`;

async function readFile(query: string): Promise<{ type: string | null; name: string | null; lines: string[] }> {
  const { url, adminKey } = world.api;
  const response = await fetch(`${url}${path(`/rows?format=csv${query}`)}`, { headers: { authorization: `Bearer ${adminKey}` } });
  expect(response.status).toBe(200);
  const lines = (await response.text()).split('\r\n');
  expect(lines.pop()).toBe('');
  return { type: response.headers.get('content-type'), name: response.headers.get('content-disposition'), lines };
}

describe(`what a dry run tells (seed ${SEED})`, () => {
  it('stands in the history of imports, by its kind, and until when its rows are kept', async () => {
    const { data } = await ok(world.api.get<{ data: { id: string; kind: string; rowsKeptUntil: string; finishedAt: string }[] }>('/v1/stripe/imports'));
    expect(data).toMatchObject([{ id: dryRunId, kind: 'DRY_RUN' }]);
    const [run] = data;
    expect(Date.parse(run?.rowsKeptUntil ?? '') - Date.parse(run?.finishedAt ?? '')).toBe(7 * 86_400_000);
  });

  it('comes as a file, too: all rows, none of them a formula', async () => {
    const rows = await readAll<Row>(world.api, path('/rows'));
    const { type, name, lines } = await readFile('&limit=1');
    expect({ type, name }).toEqual({ type: 'text/csv; charset=utf-8; header=present', name: `attachment; filename="${dryRunId}.csv"` });
    expect(lines[0]).toBe('stripeSubscriptionId,userId,matchedBy,result,packages,reasons,parkedItems');
    expect(lines.slice(1).map((line) => line.split(',')[0])).toEqual(rows.map(({ stripeSubscriptionId }) => stripeSubscriptionId));
    const ofFormula = rows.find(({ userId }) => userId === FORMULA);
    expect(lines.find((line) => line.startsWith(ofFormula?.stripeSubscriptionId ?? '?'))).toContain(`,"'=HYPERLINK(""http://evil.example"",""Ann, Example"")",BILLING_ID,`);
    expect(lines.filter((line) => /(?:^|,)"?[=+@-]/.test(line))).toEqual([]);
  });

  it('comes as a file of one result alone', async () => {
    const parked = await readAll<Row>(world.api, path('/rows?result=PARKED'));
    expect((await readFile('&result=PARKED')).lines).toHaveLength(parked.length + 1);
    expect(parked.length).toBeGreaterThan(0);
  });

  it('is no reading of the account that others may build on', async () => {
    const { app } = world.api;
    const due = await app.get(ReconciliationService, { strict: false }).connectionsDue(app.get(EntityManager).fork());
    expect(due).toEqual([]);
  });

  it('is forgotten after a week, the run itself and its counts aside', async () => {
    const before = await readRun(world.api, dryRunId);
    const client = new pg.Client({ connectionString: world.api.databaseUrl });
    await client.connect();
    await client.query(`update import_run set finished_at = finished_at - interval '8 days' where id = $1`, [dryRunId]);
    await client.end();
    expect(await world.api.app.get(DryRunLedger, { strict: false }).forgetRows()).toBeGreaterThan(30);

    expect(await readAll(world.api, path('/rows'))).toEqual([]);
    expect(await readAll(world.api, path('/access-changes'))).toEqual([]);
    expect((await readRun(world.api, dryRunId)).counts).toEqual(before.counts);
    expect(await world.api.post('/v1/stripe/imports', { dryRunId })).toMatchObject({ status: 412, body: { code: 'dry_run_expired' } });
  });
});
