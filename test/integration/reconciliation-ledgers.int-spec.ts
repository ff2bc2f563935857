import { IdFactory } from '@app/common';
import { AsideLedger, type ClaimedRun, type DriftFact, DriftLedger, ImportLedger, ImportRunService, ReconciliationService } from '@app/sync';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { ONLY, startStripeWorld, type StripeWorld } from '../support/stripe-world.js';

const HOUR_MS = 3_600_000;

let world: StripeWorld;
beforeAll(async () => {
  world = await startStripeWorld();
  await world.connect(ONLY);
});
afterAll(() => world.close());

beforeEach(async () => {
  await world.sql(`truncate drift_row, aside_object, import_range, import_row, import_run cascade`);
  world.api.clock.advance(48 * HOUR_MS);
});

const tx = <Result>(work: (em: ReturnType<StripeWorld['em']>) => Promise<Result>): Promise<Result> => world.em().transactional(work);
const aside = new AsideLedger();
const ledger = (): ImportLedger => new ImportLedger(world.em(), world.api.clock);
const drift = (): DriftLedger => new DriftLedger(world.em(), world.api.clock);
const runs = (): ImportRunService => new ImportRunService(world.em(), world.api.clock, new IdFactory(world.api.clock));
const reconciliations = (): ReconciliationService => new ReconciliationService(world.em(), world.api.clock, runs(), drift());
const ask = (kind: 'IMPORT' | 'RECONCILIATION'): Promise<{ id: string }> => runs().requestRun(ONLY, kind, 'key_test');

async function claim(): Promise<ClaimedRun> {
  const run = await ledger().claim(ONLY, 'test');
  if (run === null) {
    throw new Error('There is nothing to claim.');
  }
  return run;
}

async function statusOf(id: string): Promise<string | undefined> {
  const [row] = await world.sql<{ status: string }>(`select status from import_run where id = $1`, [id]);
  return row?.status;
}

const BRAKE = { usersLosingAccess: 9, usersWithAccess: 10, goneSubscriptions: 0, liveSubscriptions: 10, unreadObjects: 0, limits: { percent: 5, users: 100 } };

describe('one run at a time', () => {
  it.each(['IMPORT', 'RECONCILIATION'] as const)('holds for both kinds, and names the one under way (%s)', async (kind) => {
    const { id } = await ask(kind);
    const expected = kind === 'IMPORT' ? { code: 'import_running', location: `/v1/stripe/imports/${id}` } : { code: 'reconciliation_running', location: `/v1/sync/reconciliations/${id}` };
    await expect(ask('IMPORT')).rejects.toMatchObject(expected);
    await expect(ask('RECONCILIATION')).rejects.toMatchObject(expected);
  });

  it('leaves one that waits for a word out, which is given up for the next', async () => {
    const { id } = await ask('RECONCILIATION');
    const run = await claim();
    await tx((em) => ledger().pause(em, run, BRAKE));
    expect(await statusOf(id)).toBe('PAUSED');
    const next = await ask('IMPORT');
    expect([await statusOf(id), await statusOf(next.id)]).toEqual(['CANCELLED', 'QUEUED']);
    await expect(reconciliations().approve(id, 'key_test')).rejects.toMatchObject({ code: 'reconciliation_not_paused' });
  });

  it('takes an approved one up where it was, and knows that it is approved', async () => {
    const { id } = await ask('RECONCILIATION');
    const first = await claim();
    expect(first).toMatchObject({ id, kind: 'RECONCILIATION', approved: false });
    await tx((em) => ledger().pause(em, first, BRAKE));
    expect(await ledger().claim(ONLY, 'test')).toBeNull();
    await reconciliations().approve(id, 'key_test');
    expect(await claim()).toMatchObject({ id, approved: true, startedAt: first.startedAt, fence: first.fence + 1 });
  });

  it('lets no late worker pause what is another’s', async () => {
    await ask('RECONCILIATION');
    const late = await claim();
    await world.sql(`update import_run set lease_until = now() - interval '1 second'`);
    await claim();
    await expect(tx((em) => ledger().pause(em, late, BRAKE))).rejects.toMatchObject({ code: 'lease_lost' });
  });
});

describe('what is put aside', () => {
  const sub = (id: string) => ({ type: 'SUBSCRIPTION', id }) as const;

  it('comes in its order: what was not read, what would take access, customers; each user counts once', async () => {
    const { id } = await ask('RECONCILIATION');
    await aside.add(world.em(), id, [{ object: sub('sub_2'), reason: 'UNMET' }, { object: sub('sub_1'), reason: 'UNDECIDED' }, { object: { type: 'CUSTOMER', id: 'cus_1' }, reason: 'UNMET' }]);
    await aside.hold(world.em(), id, [{ object: sub('sub_3'), reason: 'TAKES_ACCESS', userKeys: ['usr_1', 'usr_2'] }, { object: sub('sub_4'), reason: 'GONE', userKeys: ['usr_1'] }]);
    const parts = ['UNREAD', 'HELD', 'CUSTOMERS'] as const;
    const next = await Promise.all(parts.map((part) => aside.next(world.em(), id, part, 9)));
    expect(next.map((some) => some.map((object) => object.id))).toEqual([['sub_1', 'sub_2'], ['sub_3', 'sub_4'], ['cus_1']]);
    expect(await aside.count(world.em(), id)).toEqual({ losingUsers: 2, gone: 1, unread: 2 });
  });

  it('is not put back by a list once it is held, and is gone when it is settled or its run is over', async () => {
    const { id } = await ask('RECONCILIATION');
    await aside.hold(world.em(), id, [{ object: sub('sub_1'), reason: 'GONE', userKeys: ['usr_1'] }]);
    await aside.add(world.em(), id, [{ object: sub('sub_1'), reason: 'UNMET' }]);
    expect(await aside.count(world.em(), id)).toEqual({ losingUsers: 1, gone: 1, unread: 0 });
    await aside.remove(world.em(), id, [sub('sub_1')]);
    await aside.add(world.em(), id, [{ object: sub('sub_2'), reason: 'UNMET' }]);
    expect(await aside.forgetEnded(world.em())).toBe(0);
    await ledger().fail(await claim(), { code: 'x', detail: 'x', stripeRequestId: null });
    expect(await aside.forgetEnded(world.em())).toBe(1);
  });
});

describe('drift', () => {
  const fact = (objectId: string, field: string, difference: Partial<DriftFact> = {}): DriftFact => ({ objectType: 'SUBSCRIPTION', objectId, userKey: null, kind: 'STATUS', field, before: 'active', after: null, ...difference });

  it('is counted by object and kind, and told page by page', async () => {
    const { id } = await ask('RECONCILIATION');
    const facts = [fact('sub_2', 'status'), fact('sub_1', 'b'), fact('sub_1', 'a'), fact('cus_1', 'email', { objectType: 'CUSTOMER', kind: 'CUSTOMER' })];
    await drift().record(world.em(), id, facts, 'APPLIED');
    expect((await drift().count([id])).get(id)).toEqual({ objects: 3, byKind: { STATUS: 3, CUSTOMER: 1 } });
    const all = await drift().list(id, { limit: 9 });
    const names = all.map(({ objectId, field }) => `${objectId} ${field}`);
    expect(names).toEqual(['cus_1 email', 'sub_1 a', 'sub_1 b', 'sub_2 status']);
    const after = await drift().list(id, { limit: 9, after: ['SUBSCRIPTION', 'sub_1', 'a'] });
    expect(after.map(({ objectId, field }) => `${objectId} ${field}`)).toEqual(names.slice(2));
    expect(await drift().list(id, { limit: 9, kind: 'CUSTOMER' })).toHaveLength(1);
    expect(await drift().list(id, { limit: 9, objectId: 'sub_1', state: 'APPLIED' })).toHaveLength(2);
  });

  it('that was held is told anew when it is carried over, or not at all where nothing differs any more', async () => {
    const { id } = await ask('RECONCILIATION');
    await drift().record(world.em(), id, [fact('sub_1', 'status'), fact('sub_1', 'endedAt'), fact('sub_2', 'status')], 'HELD');
    await drift().forgetHeld(world.em(), id, [{ type: 'SUBSCRIPTION', id: 'sub_1' }]);
    await drift().record(world.em(), id, [fact('sub_1', 'status')], 'APPLIED');
    const told = (await drift().list(id, { limit: 9 })).map(({ objectId, field, state }) => `${objectId} ${field} ${state}`);
    expect(told).toEqual(['sub_1 status APPLIED', 'sub_2 status HELD']);
  });

  it('is forgotten after 90 days', async () => {
    const { id } = await ask('RECONCILIATION');
    await drift().record(world.em(), id, [fact('sub_1', 'status')], 'APPLIED');
    world.api.clock.advance(90 * 24 * HOUR_MS - 1);
    expect(await drift().forgetOld(world.em())).toBe(0);
    world.api.clock.advance(2);
    expect(await drift().forgetOld(world.em())).toBe(1);
  });
});

describe('the next reconciliation', () => {
  const due = async (): Promise<boolean> => (await reconciliations().connectionsDue(world.em())).includes(ONLY);
  const setting = (hours: number): Promise<unknown> => world.sql(`update stripe_connection set settings = settings || jsonb_build_object('reconcileEveryHours', $1::int)`, [hours]);
  const importOnce = async (): Promise<void> => {
    await ask('IMPORT');
    const run = await claim();
    await tx((em) => ledger().complete(em, run));
    world.api.clock.advance(48 * HOUR_MS);
  };

  beforeEach(async () => {
    await setting(24);
    await importOnce();
  });

  it('is due a day after the last whole reading began, whichever kind it was', async () => {
    for (const kind of ['IMPORT', 'RECONCILIATION'] as const) {
      await ask(kind);
      expect(await due()).toBe(false);
      const run = await claim();
      world.api.clock.advance(2 * HOUR_MS);
      await tx((em) => ledger().complete(em, run));
      world.api.clock.advance(21 * HOUR_MS);
      expect(await due()).toBe(false);
      world.api.clock.advance(HOUR_MS);
      expect(await due()).toBe(true);
    }
  });

  it('is due an hour after one that failed', async () => {
    await ask('RECONCILIATION');
    await ledger().fail(await claim(), { code: 'x', detail: 'x', stripeRequestId: null });
    world.api.clock.advance(HOUR_MS - 1000);
    expect(await due()).toBe(false);
    world.api.clock.advance(2000);
    expect(await due()).toBe(true);
  });

  it('is due again a day after one that waits for a word', async () => {
    await ask('RECONCILIATION');
    const run = await claim();
    await tx((em) => ledger().pause(em, run, BRAKE));
    world.api.clock.advance(23 * HOUR_MS);
    expect(await due()).toBe(false);
    world.api.clock.advance(HOUR_MS);
    expect(await due()).toBe(true);
  });

  it('is never due where the connection wants none, nor before the first import', async () => {
    expect(await due()).toBe(true);
    await setting(0);
    expect(await due()).toBe(false);
    await setting(24);
    await world.sql(`truncate import_run cascade`);
    expect(await due()).toBe(false);
  });
});
