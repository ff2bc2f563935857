import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { ISSUE_CASES } from '../support/issue-cases.js';
import { IssueSuite } from '../support/issue-suite.js';
import { BusyAccount } from '../support/orphans/busy-account.js';
import { expectNoOrphans, findOrphans } from '../support/orphans/orphans.js';
import { SEED } from '../support/seed.js';
import { startStripeWorld, type StripeWorld } from '../support/stripe-world.js';

const STEPS = Number(process.env['ISSUE_STEPS'] ?? 120);
const CONTROL_STEPS = 150;
const PATIENCE_MS = 1_800_000;

describe(`an account in which ${STEPS} things happen (seed ${SEED})`, () => {
  let world: StripeWorld;
  beforeEach(async () => {
    world = await startStripeWorld();
  });
  afterEach(() => world.close());

  it('has exactly one issue for each thing that needs a human, after every one of them', async () => {
    const account = new BusyAccount(world, String(SEED));
    await account.prepare();
    for (let step = 1; step <= STEPS; step += 1) {
      await account.step();
      expect([step, await findOrphans(world.api.databaseUrl, world.api.clock.now())]).toEqual([step, []]);
    }
    const kinds = await world.sql<{ kind: string; opened: number; closed: number }>(
      `select kind, count(*)::int as opened, count(*) filter (where status = 'CLOSED')::int as closed from sync_issue group by kind order by kind`,
    );
    process.stdout.write(`orphans: seed ${SEED}, ${STEPS} steps, ${kinds.map(({ kind, opened, closed }) => `${kind} ${opened}/${closed}`).join(', ')}; fixes ${JSON.stringify(Object.fromEntries(account.fixes))}\n`);
    expect(kinds.length).toBeGreaterThan(5);
  }, PATIENCE_MS);

  it.each(['prices', 'customers', 'users'] as const)('is caught where %s are not looked at', async (forgotten) => {
    const account = new BusyAccount(world, `forgets ${SEED}`, forgotten);
    await account.prepare();
    let found: string[] = [];
    for (let step = 1; step <= CONTROL_STEPS && found.length === 0; step += 1) {
      await account.step();
      found = await findOrphans(world.api.databaseUrl, world.api.clock.now());
    }
    expect(found).not.toEqual([]);
  }, PATIENCE_MS);
});

describe('an orphan', () => {
  let suite: IssueSuite;
  beforeEach(async () => {
    suite = await IssueSuite.start();
    await suite.next();
  });
  afterEach(() => suite.world.close());

  it.each(ISSUE_CASES.filter(({ how }) => how !== 'ended'))('is found where the issue $kind is lost, closed by hand, or stays after its cure ($how)', async ({ kind, subject, open, cure }) => {
    await open(suite);
    const { id } = await suite.standing(kind, subject(suite));
    const { api, sql } = suite.world;
    await sql(`update sync_issue set status = 'CLOSED', closed_at = now() where id = $1`, [id]);
    expect(await findOrphans(api.databaseUrl, api.clock.now())).toEqual([expect.stringMatching(new RegExp(`^${kind} .* has no issue$`))]);
    await suite.refresh();
    await expectNoOrphans(api);
    await sql(`update sync_issue set status = 'IGNORED' where kind = $1 and status = 'OPEN'`, [kind]);
    await expectNoOrphans(api);
    await cure(suite);
    await sql(`update sync_issue set status = 'OPEN' where id = $1`, [id]);
    expect(await findOrphans(api.databaseUrl, api.clock.now())).toEqual([expect.stringMatching(new RegExp(`^${kind} .* has an issue and no cause$`))]);
  });

  it('is found where an item is dropped in silence, or waits for what is there', async () => {
    await suite.carry(suite.mine(['price_team']));
    const { api, sql } = suite.world;
    await sql(`update package_subscription set ended_at = now()`);
    expect(await findOrphans(api.databaseUrl, api.clock.now())).toEqual([`DROPPED conn_only si_1_0 has no issue`]);
    await sql(`update stripe_subscription_item set parked_reason = 'PRICE_UNMAPPED'`);
    await suite.refresh();
    expect(await findOrphans(api.databaseUrl, api.clock.now())).toEqual([`DROPPED conn_only si_1_0 has no issue`]);
  });
});
