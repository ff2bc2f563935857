import { sqlRows } from '@app/common';
import { CommandOutbox } from '@app/sync';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Random } from '../../apps/sandbox/src/account/random.js';
import { CommandPeople } from '../support/command-people.js';
import { type Command, CommandWorld, type Paid } from '../support/command-world.js';
import { SEED } from '../support/seed.js';

const CUTS = Number(process.env['COMMAND_CUTS'] ?? 50);
const PATIENCE_MS = 120_000 + CUTS * 1000;
const CUT_OFF = 'select pg_terminate_backend(pg_backend_pid())';

let world: CommandWorld;
let paid: Paid;

beforeAll(async () => {
  world = await CommandWorld.open();
  paid = await world.paid();
  await world.account.stopWorker();
}, PATIENCE_MS);
afterAll(() => world.close());

/** The connection to PostgreSQL is cut off inside the transaction that decides, before its row, after it, or not at all. */
function plantCuts(random: Random): void {
  const outbox = world.api.app.get(CommandOutbox, { strict: false });
  const append = CommandOutbox.prototype.append.bind(outbox);
  outbox.append = async (em, command) => {
    const where = random.pick(['BEFORE', 'AFTER', 'NOWHERE']);
    if (where === 'BEFORE') {
      await sqlRows(em, CUT_OFF);
    }
    const id = await append(em, command);
    if (where === 'AFTER') {
      await sqlRows(em, CUT_OFF);
    }
    return id;
  };
}

describe(`a decision and its command (seed ${SEED})`, () => {
  it(`are stored together or not at all, with the record of the call, cut off ${CUTS} times`, async () => {
    plantCuts(new Random(`together ${SEED}`));
    const accepted: string[] = [];
    let refused = 0;
    while (refused < CUTS) {
      const answer = await world.call<Command>(`/v1/subscriptions/${paid.id}/change-quantity`, { quantity: 2 });
      if (answer.status === 202) {
        accepted.push(answer.body.id);
      } else {
        expect(answer.status).toBeGreaterThanOrEqual(500);
        refused += 1;
      }
    }
    const commands = await world.sql<{ id: string }>(`select id from sync_command order by seq`);
    expect(commands.map(({ id }) => id)).toEqual(accepted);
    const [records] = await world.sql<{ audited: number; kept: number }>(
      `select (select count(*)::int from audit_entry where operation_id = 'changeSubscriptionQuantity') as audited,
              (select count(*)::int from idempotency_record where route like '%/change-quantity' and committed_at is not null) as kept`,
    );
    expect(records).toEqual({ audited: accepted.length, kept: accepted.length });
  }, PATIENCE_MS);

  it(`so that no user is edited without Stripe being asked, nor Stripe asked without the edit, cut off ${CUTS} times`, async () => {
    plantCuts(new Random(`together people ${SEED}`));
    const people = new CommandPeople(world);
    const person = await people.payerOf(paid);
    const accepted: string[] = [];
    let standing = (await people.user(person)).name;
    for (let refused = 0, edit = 0; refused < CUTS; edit += 1) {
      const { status, body } = await people.edit(person, { name: `Edit ${edit}` });
      if (status === 200) {
        standing = `Edit ${edit}`;
        accepted.push(body.following?.commandId ?? '');
      } else {
        expect(status).toBeGreaterThanOrEqual(500);
        refused += 1;
      }
      expect((await people.user(person)).name).toBe(standing);
    }
    expect(accepted.length).toBeGreaterThan(0);
    expect((await world.sql<{ id: string }>(`select id from sync_command where kind = 'UPDATE_CUSTOMER' order by seq`)).map(({ id }) => id)).toEqual(accepted);
    expect(await world.sql(`select 1 from audit_entry where operation_id = 'editUser'`)).toHaveLength(accepted.length);
  }, PATIENCE_MS);
});
