import { SyncEventInbox } from '@app/sync';
import { EntityManager } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { holdPages } from '../support/hold-pages.js';
import { send } from '../support/send.js';
import { eventOf, T } from '../support/settle-suite.js';
import { runDry, startRun } from './dry-run.js';
import { ok, readAll, waitForEnd } from './kana.js';
import { Lane } from './lane.js';
import { accountSeed, mapMost, type World } from './world.js';

const SUBSCRIPTIONS = 30;
const SEED = accountSeed(SUBSCRIPTIONS);

interface Refusal {
  code: string;
  errors: { pointer: string; detail: string }[];
}

let lane: Lane;
let world: World;
let connectionId: string;
let dryRunId: string;
let mapping: Record<string, string>;

beforeAll(async () => {
  lane = await Lane.open(undefined, {});
  world = await lane.world({ seed: SEED, subscriptions: SUBSCRIPTIONS });
  mapping = await mapMost(world);
  connectionId = (await ok(world.api.get<{ data: { id: string }[] }>('/v1/stripe/connections'))).data[0]?.id ?? '';
  dryRunId = (await runDry(world.api)).id;
}, 120_000);
afterAll(() => lane.close());

const start = (body: object) => world.api.post<Refusal>('/v1/stripe/imports', body);
/** What has changed since the dry run, as the refusal tells. */
async function changes(): Promise<string[]> {
  const { status, body } = await start({ dryRunId });
  expect({ status, code: body.code }).toEqual({ status: 412, code: 'dry_run_outdated' });
  expect(body.errors.every(({ pointer }) => pointer === '/dryRunId')).toBe(true);
  return body.errors.map(({ detail }) => detail);
}

/** All stay changed from case to case. */
describe(`an import that is to equal a dry run is refused, and told why (seed ${SEED})`, () => {
  it('where the connection’s settings have changed, and not when they are as they were', async () => {
    await ok(world.api.patch(`/v1/stripe/connections/${connectionId}`, { settings: { emailMatch: 'REVIEW' } }));
    expect(await changes()).toEqual([expect.stringContaining('settings')]);
    await ok(world.api.patch(`/v1/stripe/connections/${connectionId}`, { settings: { emailMatch: 'AUTO' } }));
    await ok(world.api.post('/v1/features', { id: 'extra', name: 'Extra', type: 'BINARY' }));
  });

  it('where features or packages have changed', async () => {
    expect(await changes()).toEqual([expect.stringMatching(/^The features and packages have changed \(\d+ rows before, \d+ now\)\.$/)]);
  });

  it('where a price was mapped', async () => {
    const prices = await readAll<{ id: string; state: string }>(world.api, '/v1/stripe/prices?state=UNMAPPED');
    await ok(world.api.put('/v1/stripe/mappings', { mappings: [{ priceId: prices.find(({ id }) => !(id in mapping))?.id, packageId: 'team' }] }));
    expect(await changes()).toContainEqual(expect.stringMatching(/^The price mappings and rules have changed/));
  });

  it('where a user was made', async () => {
    await ok(world.api.post('/v1/users', { id: 'late', email: 'late@company.example' }));
    expect(await changes()).toContainEqual(expect.stringMatching(/^The users have changed/));
  });

  it('where somebody was given a package', async () => {
    const body = { userId: 'late', packageIds: ['team'], billing: 'KANA' };
    const { url, adminKey } = world.api;
    expect(await send(`${url}/v1/subscriptions`, { method: 'POST', key: adminKey, body, headers: { 'idempotency-key': 'late-team' } })).toMatchObject({ status: 201 });
    expect(await changes()).toContainEqual(expect.stringMatching(/^The subscriptions have changed/));
  });

  it('where Stripe has told of something', async () => {
    const em = world.api.app.get(EntityManager).fork();
    const customer = { id: 'cus_late', email: 'late@stripe.example', name: null, deleted: false, userIdHint: null, createdAt: null };
    await world.api.app.get(SyncEventInbox, { strict: false }).receive(em, connectionId, 'WEBHOOK', [eventOf('evt_late', T, customer)]);
    expect(await changes()).toContainEqual('Stripe has told of changes: 1 events.');
  });
});

describe('an import is refused', () => {
  it('after what is no dry run, an unknown one, or one that is not complete', async () => {
    const realId = (await ok(world.api.post<{ id: string }>('/v1/stripe/imports', {}))).id;
    await waitForEnd(world.api, realId);
    expect(await start({ dryRunId: realId })).toMatchObject({ status: 409, body: { code: 'dry_run_required' } });
    expect(await start({ dryRunId: 'imp_none' })).toMatchObject({ status: 404, body: { code: 'import_not_found' } });
    expect(await start({ dryRun: true, dryRunId })).toMatchObject({ status: 400, body: { code: 'request_invalid' } });

    const held = holdPages(world.sandbox, 1);
    const runningId = await startRun(world.api, { dryRun: true });
    expect(await start({ dryRunId: runningId })).toMatchObject({ status: 409, body: { code: 'dry_run_unfinished' } });
    expect(await start({})).toMatchObject({ status: 409, body: { code: 'import_running' } });
    held.release();
    await waitForEnd(world.api, runningId);
  }, 60_000);
});
