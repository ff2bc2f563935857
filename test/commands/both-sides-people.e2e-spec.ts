import { StripeWriters } from '@app/stripe';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';

import { Random } from '../../apps/sandbox/src/account/random.js';
import { MortalDelivery } from '../support/command-kills.js';
import { CommandPeople, type Person } from '../support/command-people.js';
import { CommandWorld } from '../support/command-world.js';
import { SEED } from '../support/seed.js';
import { roundsUntilSilence } from '../support/silence.js';

const RUNS = Number(process.env['BOTH_SIDES_RUNS'] ?? 20);
const PATIENCE_MS = 120_000 + RUNS * 3000;
/** How late a call takes effect. */
const LATE_MS = 100;

/** When somebody edits the customer in Stripe, seen from the edit in Kana. */
const MOMENTS = ['BEFORE_ASKED', 'BEFORE_SENT', 'UNDER_WAY', 'BEFORE_CARRIED_OVER', 'AFTER'] as const;
type Moment = (typeof MOMENTS)[number];
/** Those at which Kana's call has taken effect already. */
const LATER: readonly Moment[] = ['BEFORE_CARRIED_OVER', 'AFTER'];

const FIELDS = ['name', 'email'] as const;
type Facts = Partial<Record<(typeof FIELDS)[number], string>>;

let world: CommandWorld;
let people: CommandPeople;
let answered: () => void = () => undefined;
const mortal = new MortalDelivery(() => Promise.resolve());

beforeAll(async () => {
  world = await CommandWorld.open();
  people = new CommandPeople(world);
  await world.startWorker((worker) => {
    mortal.plant(worker);
    plantAnswered(worker);
  });
}, PATIENCE_MS);
afterAll(() => world.close());

/** Stripe has done it, and Kana has not followed yet. */
function plantAnswered(worker: INestApplicationContext): void {
  const writers = worker.get(StripeWriters, { strict: false });
  const make = writers.of.bind(writers);
  writers.of = (...given) => {
    const writer = make(...given);
    const call = writer.send.bind(writer);
    writer.send = async (...request) => {
      const answer = await call(...request);
      answered();
      return answer;
    };
    return writer;
  };
}

interface Run {
  readonly moment: Moment;
  readonly inKana: Facts;
  readonly inStripe: Facts;
}

function draw(random: Random, number: number): Run {
  const facts = (from: string): Facts => {
    const all = { name: `${from} ${number}`, email: `${from}.${number}@live.example` };
    return random.pick<Facts>([all, { name: all.name }, { email: all.email }]);
  };
  return { moment: MOMENTS[number % MOMENTS.length] ?? 'AFTER', inKana: facts('Kana'), inStripe: facts('Stripe') };
}

/** One edit in Kana, and one in Stripe. */
async function play(person: Person, { moment, inKana, inStripe }: Run): Promise<void> {
  const edit = (at: Moment): void => {
    if (at === moment) {
      world.sandbox.mutate.updateCustomer(person.customerId, inStripe);
    }
  };
  edit('BEFORE_ASKED');
  await people.ask(person, inKana);
  edit('BEFORE_SENT');
  world.sandbox.setLatency(moment === 'UNDER_WAY' ? LATE_MS : 0);
  let isUnderWay = false;
  world.sandbox.onRequest((_pattern, _url, method) => {
    if (method === 'POST' && !isUnderWay) {
      isUnderWay = true;
      edit('UNDER_WAY');
    }
  });
  answered = () => edit('BEFORE_CARRIED_OVER');
  await world.attempt(mortal);
  answered = () => undefined;
  world.sandbox.onRequest(() => undefined);
  world.sandbox.setLatency(0);
  edit('AFTER');
}

/** What each side must show in the end, field by field. */
function expected({ moment, inKana, inStripe }: Run, before: Facts): { user: Facts; customer: Facts; differs: string[] } {
  const isLater = LATER.includes(moment);
  const user = { ...before, ...inStripe, ...inKana };
  const customer = isLater ? { ...before, ...inKana, ...inStripe } : user;
  return { user, customer, differs: FIELDS.filter((field) => user[field] !== customer[field]) };
}

describe(`a user and its customer that are edited at the same time (seed ${SEED})`, () => {
  it(`come to rest in two rounds: the owner’s value stands, Stripe has whichever came there last, and what differs is told, ${RUNS} times`, async () => {
    const random = new Random(`both sides ${SEED}`);
    for (let number = 1; number <= RUNS; number += 1) {
      const person = await people.person();
      await world.account.settled();
      const { email } = people.customer(person);
      const run = draw(random, number);
      await play(person, run);
      expect(await roundsUntilSilence(world, 2)).not.toBeNull();
      const { user, customer, differs } = expected(run, { email: email ?? '' });
      expect([run, await people.user(person)]).toEqual([run, expect.objectContaining(user)]);
      expect([run, people.customer(person)]).toEqual([run, expect.objectContaining(customer)]);
      expect([run, [...(await people.differs(person))].toSorted()]).toEqual([run, differs.toSorted()]);
      const commands = await world.sql<{ state: string }>(`select c.state from sync_command c join customer_link l on l.user_key = c.user_key where l.customer_id = $1`, [person.customerId]);
      expect([run, commands]).toEqual([run, [{ state: 'APPLIED' }]]);
    }
  }, PATIENCE_MS);
});
