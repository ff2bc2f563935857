import { IdFactory } from '@app/common';
import { type ClaimedRun, ImportLedger, ImportRunService, LeaseLostError, type PageCounts, RangeLedger, type RangeState } from '@app/sync';
import type { EntityManager } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { hold, startStripeWorld, type StripeWorld, untilBlocked } from '../support/stripe-world.js';

const PAGE: PageCounts = {
  created: 2, updated: 1, unchanged: 4, parked: 1, failed: 1, partly_parked: 1,
  matched_by_billing_id: 1, matched_by_metadata: 0, matched_by_email: 2, users_created: 3, conflicts: 1,
};

let world: StripeWorld;
let connection: string;
let number = 0;

beforeAll(async () => {
  world = await startStripeWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  number += 1;
  connection = `conn_${number}`;
  await world.connect(connection);
});

const ledger = (): ImportLedger => new ImportLedger(world.em(), world.api.clock);
const ranges = (): RangeLedger => new RangeLedger(world.em());
/** The run's first range, in somebody's hands. */
async function takeRange(run: ClaimedRun, owner = 'worker-1'): Promise<RangeState> {
  await ranges().begin(run, 1, 'SUBSCRIPTIONS');
  const [range] = await ranges().claim(run, 'SUBSCRIPTIONS', owner, 1);
  return range ?? fail();
}
const runs = (): ImportRunService => new ImportRunService(world.em(), world.api.clock, new IdFactory(world.api.clock));
const request = async (): Promise<string> => (await runs().request(connection, 'key_test')).id;

function fail(): never {
  throw new Error('There was no range to claim.');
}

async function claim(owner = 'worker-1'): Promise<ClaimedRun> {
  const run = await ledger().claim(connection, owner);
  if (run === null) {
    throw new Error('There was nothing to claim.');
  }
  return run;
}

/** The lease runs out, as when the worker that had it was killed. */
const abandon = () => world.sql(`update import_run set lease_until = now() - interval '1 second' where connection_id = $1`, [connection]);
const inTransaction = <Result>(work: (em: EntityManager) => Promise<Result>): Promise<Result> => world.em().transactional(work);
const row = (id: string) => ({ stripeSubscriptionId: id, result: 'CREATED', userKey: null, matchedBy: null, packages: [], reasons: [], parkedItems: 0 }) as const;

describe('taking a run', () => {
  it('gives it to one of two workers that ask at the same moment', async () => {
    const id = await request();
    const claims = await Promise.all(Array.from({ length: 8 }, (_, index) => ledger().claim(connection, `worker-${index}`)));
    expect(claims.filter((run) => run !== null)).toEqual([expect.objectContaining({ id, fence: 1 })]);
  });

  it('leaves a run alone that another worker is just taking', async () => {
    await request();
    const first = await hold(world.em(), (em) => new ImportLedger(em, world.api.clock).claim(connection, 'worker-1'));
    expect(await ledger().claim(connection, 'worker-2')).toBeNull();
    expect(await first.commit()).toMatchObject({ fence: 1 });
  });

  it('finds nothing where nothing was asked for, where the run is another’s, and where it is over', async () => {
    expect(await ledger().claim(connection, 'worker-1')).toBeNull();
    await request();
    const run = await claim();
    expect(await ledger().claim(connection, 'worker-2')).toBeNull();
    await inTransaction((em) => ledger().complete(em, run));
    expect(await ledger().claim(connection, 'worker-2')).toBeNull();
  });

  it('takes over a run whose worker is gone, and keeps when it began', async () => {
    await request();
    const first = await claim();
    await abandon();
    world.api.clock.advance(60_000);
    expect(await claim('worker-2')).toEqual({ ...first, fence: 2 });
  });

  it('has a run at once that was given back', async () => {
    await request();
    await ledger().release(await claim());
    expect(await claim('worker-2')).toMatchObject({ fence: 2 });
  });

  it('does not let a worker give back what is no longer its own', async () => {
    await request();
    const late = await claim();
    await abandon();
    await claim('worker-2');
    await ledger().release(late);
    expect(await ledger().claim(connection, 'worker-3')).toBeNull();
  });
});

describe('a sweep', () => {
  it('finds runs that wait and runs that were abandoned, and none that are worked on or over', async () => {
    const mine = async () => (await ledger().connectionsWithWork()).includes(connection);
    expect(await mine()).toBe(false);
    await request();
    expect(await mine()).toBe(true);
    const run = await claim();
    expect(await mine()).toBe(false);
    await abandon();
    expect(await mine()).toBe(true);
    await ledger().renew(world.em(), run);
    expect(await mine()).toBe(false);
    await ledger().fail(run, { code: 'x', detail: 'x', stripeRequestId: null });
    expect(await mine()).toBe(false);
  });
});

describe('a worker that has lost its run', () => {
  let late: ClaimedRun;
  let current: ClaimedRun;

  beforeEach(async () => {
    await request();
    late = await claim();
    await abandon();
    current = await claim('worker-2');
  });

  it.each([
    ['renew it', (run: ClaimedRun) => ledger().renew(world.em(), run)],
    ['go on with it', (run: ClaimedRun) => ledger().assertLed(run)],
    ['call it complete', (run: ClaimedRun) => inTransaction((em) => ledger().complete(em, run))],
    ['call it failed', (run: ClaimedRun) => ledger().fail(run, { code: 'x', detail: 'x', stripeRequestId: null })],
  ])('cannot %s', async (_what, act) => {
    await expect(act(late)).rejects.toBeInstanceOf(LeaseLostError);
    expect((await runs().get(late.id)).run).toMatchObject({ status: 'RUNNING', leaseOwner: 'worker-2', fence: 2 });
    await expect(act(current)).resolves.toBeUndefined();
  });
});

describe('a worker that has lost its range', () => {
  let run: ClaimedRun;
  let late: RangeState;
  let current: RangeState;

  beforeEach(async () => {
    await request();
    run = await claim();
    late = await takeRange(run);
    await world.sql(`update import_range set lease_until = now() - interval '1 second' where run_id = $1`, [run.id]);
    current = await takeRange(run, 'worker-2');
  });

  it('writes nothing of its page, neither into the run nor beside it', async () => {
    const writing = inTransaction(async (em) => {
      await world.applyIn(em, { connectionId: connection, subscriptions: [] });
      await em.execute(`insert into email_claim values ('late@x.example')`);
      await ranges().recordPage(em, run, late, PAGE, [row('sub_late')]);
    });
    await expect(writing).rejects.toBeInstanceOf(LeaseLostError);
    expect(await world.sql(`select 1 from email_claim where email_normalized = 'late@x.example'`)).toEqual([]);
    expect(await world.sql(`select 1 from import_row where run_id = $1`, [run.id])).toEqual([]);
    expect((await runs().get(run.id)).counts.seen).toBe(0);
  });

  it('cannot move it on, nor keep it, nor give it away', async () => {
    await expect(inTransaction((em) => ranges().advance(em, run, { ...late, done: true }))).rejects.toBeInstanceOf(LeaseLostError);
    await ranges().release(run, [late]);
    expect(await ranges().claim(run, 'SUBSCRIPTIONS', 'worker-3', 1)).toEqual([]);
    await ranges().release(run, [current]);
    await ranges().keep(run, [late]);
    expect(await ranges().left(run, 'SUBSCRIPTIONS')).toEqual({ open: 1, free: 1, sharePercent: null });
  });

  it('notices also when it is taken over in the middle of its page', async () => {
    const page = await hold(world.em(), (em) => ranges().recordPage(em, run, current, PAGE, []));
    const taking = world.sql(`update import_range set fence = fence + 1 where run_id = $1`, [run.id]);
    await untilBlocked(world);
    await page.commit();
    await taking;
    await expect(inTransaction((em) => ranges().recordPage(em, run, current, PAGE, []))).rejects.toBeInstanceOf(LeaseLostError);
  });

  it.each(['PAUSED', 'CANCELLED', 'FAILED'])('writes no more into a run that is %s', async (status) => {
    await world.sql(`update import_run set status = $2 where id = $1`, [run.id, status]);
    await expect(inTransaction((em) => ranges().recordPage(em, run, current, PAGE, []))).rejects.toBeInstanceOf(LeaseLostError);
    await ranges().release(run, [current]);
    expect(await ranges().claim(run, 'SUBSCRIPTIONS', 'worker-3', 1)).toEqual([]);
  });
});

describe('ranges', () => {
  it.each([
    ['subscriptions', 'SUBSCRIPTIONS', [800, 600, 400]],
    ['customers', 'CUSTOMERS', [400, 600, 800]],
  ] as const)('hands out %s from their own end first', async (_what, resource, expected) => {
    await request();
    const run = await claim();
    await ranges().begin(run, 1, resource);
    const [first] = await ranges().claim(run, resource, 'worker-1', 1);
    const parts = [{ from: 600, before: 800 }, { from: 400, before: 600 }, { from: null, before: 400 }];
    await inTransaction((em) => ranges().advance(em, run, { ...(first ?? fail()), from: 800 }, parts));
    const taken: (number | null)[] = [];
    for (const _part of parts) {
      taken.push(...(await ranges().claim(run, resource, 'worker-1', 1)).map(({ before }) => before));
    }
    expect(taken).toEqual(expected);
  });

  it('go each to one of many workers that ask at once', async () => {
    await request();
    const run = await claim();
    const first = await takeRange(run);
    const parts = [{ from: 300, before: 400 }, { from: 200, before: 300 }, { from: null, before: 200 }];
    await inTransaction((em) => ranges().advance(em, run, { ...first, from: 400 }, parts));
    const taken = (await Promise.all(Array.from({ length: 6 }, (_, index) => ranges().claim(run, 'SUBSCRIPTIONS', `worker-${index}`, 2)))).flat();
    expect(taken.map(({ number, from, before }) => ({ number, from, before })).toSorted((one, other) => one.number - other.number)).toEqual(
      parts.map((part, index) => ({ number: 10 + index, ...part })),
    );
    expect(await ranges().left(run, 'SUBSCRIPTIONS')).toEqual({ open: 4, free: 0, sharePercent: null });
  });

  it('get numbers of their own, whoever splits at the same moment', async () => {
    await request();
    const run = await claim();
    const first = await takeRange(run);
    await inTransaction((em) => ranges().advance(em, run, { ...first, from: 400 }, [{ from: null, before: 400 }]));
    const [second = first] = await ranges().claim(run, 'SUBSCRIPTIONS', 'worker-2', 1);
    const split = (range: RangeState, before: number) => inTransaction((em) => ranges().advance(em, run, { ...range, from: before }, [{ from: null, before }]));
    await Promise.all([split(first, 500), split(second, 100)]);
    expect(await ranges().left(run, 'SUBSCRIPTIONS')).toEqual({ open: 4, free: 2, sharePercent: null });
  });
});

describe('pages', () => {
  it('add up, and a page whose transaction is undone counts nothing', async () => {
    const id = await request();
    const run = await claim();
    const range = await takeRange(run);
    expect(range).toEqual({ number: 1, resource: 'SUBSCRIPTIONS', from: null, before: null, cursor: null, lastCreatedAt: null, metLast: [], done: false, fence: 1 });
    const page = (rows: ReturnType<typeof row>[], fail = false) =>
      inTransaction(async (em) => {
        await ranges().recordPage(em, run, range, PAGE, rows);
        await ranges().advance(em, run, { ...range, cursor: 'sub_9', lastCreatedAt: '2026-01-31T10:00:00.000Z' });
        if (fail) {
          throw new Error('undone');
        }
      });
    await page([row('sub_1'), row('sub_2')]);
    await expect(page([row('sub_3')], true)).rejects.toThrow('undone');
    await page([row('sub_4')]);
    const { counts, users } = await runs().get(id);
    expect(counts).toEqual({ seen: 18, created: 4, updated: 2, unchanged: 8, parked: 2, failed: 2, partlyParked: 2 });
    expect(users).toEqual({ matchedByBillingId: 2, matchedByMetadata: 0, matchedByEmail: 4, created: 6, conflicts: 2 });
    expect((await runs().rows(id, { limit: 9 })).map(({ stripeSubscriptionId }) => stripeSubscriptionId)).toEqual(['sub_1', 'sub_2', 'sub_4']);
    await ranges().release(run, [range]);
    expect(await ranges().claim(run, 'SUBSCRIPTIONS', 'worker-2', 1)).toMatchObject([{ cursor: 'sub_9', lastCreatedAt: '2026-01-31T10:00:00.000Z', fence: 2 }]);
  });

  it('keep no row of what was unchanged', async () => {
    const id = await request();
    const run = await claim();
    const range = await takeRange(run);
    await inTransaction((em) => ranges().recordPage(em, run, range, PAGE, [{ ...row('sub_1'), result: 'UNCHANGED' }, row('sub_2')]));
    expect((await runs().rows(id, { limit: 9 })).map(({ stripeSubscriptionId }) => stripeSubscriptionId)).toEqual(['sub_2']);
  });
});

describe('asking for a run', () => {
  it('is refused while one is open, and names that one; one at a time per account', async () => {
    const id = await request();
    const second = { code: 'import_running', location: `/v1/stripe/imports/${id}` };
    await expect(request()).rejects.toMatchObject(second);
    const run = await claim();
    await expect(request()).rejects.toMatchObject(second);
    await inTransaction((em) => ledger().complete(em, run));
    expect(await request()).not.toBe(id);
  });

  it('makes one run of many calls at the same moment', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 6 }, () => request()));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});
