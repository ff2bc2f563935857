import { StripeWriters } from '@app/stripe';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';

import { CommandDrain } from '../../apps/worker/src/commands/command-drain.js';
import { EventPoller } from '../../apps/worker/src/poll/event-poller.js';
import { ReconciliationClock } from '../../apps/worker/src/reconciliation/reconciliation-clock.js';
import type { DeliverySettings } from '../../apps/sandbox/src/delivery/delivery-settings.js';
import { CommandWorld, type Paid } from '../support/command-world.js';

const PATIENCE_MS = 240_000;
const OF_ALL = { strict: false };

/** What is asked for in Kana. */
const COMMANDS = {
  QUANTITY: ['change-quantity', { quantity: 7, proration: 'NONE' }],
  LEAVE: ['cancel', { atPeriodEnd: true }],
  END: ['cancel', {}],
} as const;
/** What somebody does in Stripe, past Kana. */
const EDITS = {
  QUANTITY: ({ stripeId, itemId }: Paid) => world.sandbox.mutate.updateSubscription(stripeId, { items: [{ id: itemId, quantity: 5 }] }),
  LEAVE: ({ stripeId }: Paid) => world.sandbox.mutate.updateSubscription(stripeId, { cancel_at_period_end: true }),
  END: ({ stripeId }: Paid) => world.sandbox.mutate.cancelSubscription(stripeId),
} as const;
/** When they do: while the command waits, between its being written down as sent and its taking effect, between that and the answer, after its end. */
const MOMENTS = ['QUEUED', 'BEFORE', 'BETWEEN', 'AFTER'] as const;
type Deed = keyof typeof COMMANDS;
type Moment = (typeof MOMENTS)[number];

interface Case {
  readonly paid: Paid;
  readonly command: Deed;
  readonly edit: Deed;
  readonly moment: Moment;
  id: string;
}

let world: CommandWorld;
let isOpen = true;
const cases = new Map<string, Case>();

beforeAll(async () => {
  world = await CommandWorld.open();
  await world.startWorker(plant);
}, PATIENCE_MS);
afterAll(() => world.close());

/** What is told, is told by webhooks alone; and a test says when commands are sent, and what happens beside. */
function plant(worker: INestApplicationContext): void {
  worker.get(EventPoller, OF_ALL).poll = () => Promise.resolve();
  worker.get(ReconciliationClock, OF_ALL).sample = () => Promise.resolve();
  const drain = worker.get(CommandDrain, OF_ALL);
  const deliver = drain.drain.bind(drain);
  drain.drain = (...given) => (isOpen ? deliver(...given) : Promise.resolve(null));
  const writers = worker.get(StripeWriters, OF_ALL);
  const make = writers.of.bind(writers);
  writers.of = (...given) => {
    const writer = make(...given);
    const send = writer.send.bind(writer);
    writer.send = async (request, identity) => {
      editAt('BEFORE', identity.commandId);
      const answer = await send(request, identity);
      editAt('BETWEEN', identity.commandId);
      return answer;
    };
    return writer;
  };
}

function editAt(moment: Moment, id: string): void {
  const own = cases.get(id);
  if (own?.moment === moment) {
    EDITS[own.edit](own.paid);
  }
}

/** Of what has ended nothing can be changed any more. */
const isPossible = ({ command, moment }: Pick<Case, 'command' | 'moment'>): boolean => command !== 'END' || moment === 'QUEUED' || moment === 'BEFORE';

function drawn(): Pick<Case, 'command' | 'edit' | 'moment'>[] {
  const deeds = Object.keys(COMMANDS) as Deed[];
  return deeds.flatMap((command) => deeds.flatMap((edit) => MOMENTS.map((moment) => ({ command, edit, moment })))).filter(isPossible);
}

interface Entry {
  readonly cause: string;
  readonly commandId: string | null;
  readonly after: { readonly quantity: number } | null;
}

/** What access became, and by whom: `COMMAND`, or `OTHER`. The latest last; what was there at first is left out. */
async function timelineOf({ paid, id }: Case): Promise<string[]> {
  const { data } = (await world.api.get<{ data: Entry[] }>(`/v1/subscriptions/${paid.id}/timeline`)).body;
  return data
    .toReversed()
    .slice(1)
    .map(({ commandId, after }) => `${commandId === id ? 'COMMAND' : 'OTHER'} ${after?.quantity ?? 'none'}`);
}

/** Whether the edit is in Kana before the command is sent. */
type Told = 'EDIT_IS_TOLD' | 'EDIT_IS_NOT_TOLD';

/** What of a deed access shows: an end that is to come shows when it has come. */
const SHOWN: Readonly<Record<Deed, { readonly COMMAND: string; readonly EDIT: string } | null>> = {
  QUANTITY: { COMMAND: '7', EDIT: '5' },
  LEAVE: null,
  END: { COMMAND: 'none', EDIT: 'none' },
};

/** How the command is to end, how often it is to change Stripe, and the timeline; of each what is right, where it may be one or the other. */
function expectedOf({ command, edit, moment }: Case, told: Told): { readonly end: string; readonly changes: number; readonly timelines: readonly (readonly string[])[] } {
  const byCommand = SHOWN[command] === null ? [] : [`COMMAND ${SHOWN[command].COMMAND}`];
  const byOther = SHOWN[edit] === null ? [] : [`OTHER ${SHOWN[edit].EDIT}`];
  if (moment === 'BETWEEN' || moment === 'AFTER') {
    return { end: 'APPLIED', changes: 1, timelines: [[...byCommand, ...byOther]] };
  }
  const isKnown = moment === 'QUEUED' && told === 'EDIT_IS_TOLD';
  if (edit === 'END') {
    // Stripe says of an end only that it is there: then it is as it was to be.
    const end = command === 'END' && !isKnown ? 'APPLIED' : 'FAILED';
    return { end, changes: 0, timelines: end === 'APPLIED' ? [['OTHER none'], ['COMMAND none']] : [['OTHER none']] };
  }
  // What Kana did not know of, Stripe's answer shows together with what was asked for.
  const together = SHOWN[edit] === null || SHOWN[command] !== null ? byCommand : [`COMMAND ${SHOWN[edit].EDIT}`];
  return { end: 'APPLIED', changes: 1, timelines: [isKnown ? [...byOther, ...byCommand] : together] };
}

/** Gives what is wrong; null = nothing. */
async function wrongOf(own: Case, told: Told): Promise<string | null> {
  const { state, error } = await world.command(own.id);
  const shown = (await world.api.get<{ quantity: number; cancelAtPeriodEnd: boolean; stripeStatus: string }>(`/v1/subscriptions/${own.paid.id}`)).body;
  const { items, cancel_at_period_end: leaves, status } = world.truth(own.paid.stripeId);
  const timeline = await timelineOf(own);
  const { end, changes, timelines } = expectedOf(own, told);
  const seen = [state, world.mutationsOf(own.id), shown.quantity, shown.cancelAtPeriodEnd, shown.stripeStatus];
  const right = [end, changes, items[0]?.quantity, leaves, status];
  const isTold = timelines.some((possible) => JSON.stringify(possible) === JSON.stringify(timeline));
  return JSON.stringify(seen) === JSON.stringify(right) && isTold
    ? null
    : `${own.command}, and ${own.edit} ${own.moment}: ${JSON.stringify(seen)} for ${JSON.stringify(right)} (${error?.code}), ${timeline.join(', ')} for ${JSON.stringify(timelines)}`;
}

const traces = async (): Promise<object> => {
  const [kana] = await world.sql('select (select count(*)::int from sync_command) as commands, (select count(*)::int from entitlement_change) as changes');
  return { ...kana, stripe: world.sandbox.events.all().length };
};

async function prepare(): Promise<Case[]> {
  const own: Case[] = [];
  for (const each of drawn()) {
    own.push({ ...each, paid: await world.paid(), id: '' });
  }
  await world.account.settled();
  return own;
}

/** While no command is sent. */
async function askAll(own: readonly Case[]): Promise<void> {
  isOpen = false;
  for (const each of own) {
    const [action, body] = COMMANDS[each.command];
    each.id = await world.ask(each.paid, action, body);
    cases.set(each.id, each);
  }
  own.forEach(({ id }) => editAt('QUEUED', id));
}

describe.each<[string, Partial<DeliverySettings>, Told]>([
  ['at once', {}, 'EDIT_IS_TOLD'],
  ['late', { hold: true }, 'EDIT_IS_NOT_TOLD'],
  ['in any order, and twice', { shuffle: true, double: 1, delayMs: { min: 0, max: 300 } }, 'EDIT_IS_TOLD'],
])('a change on both sides at once, of which Stripe tells %s', (_name, delivery, told) => {
  it('leaves what Stripe has, ends the command as it should, and shows who did what', async () => {
    const own = await prepare();
    world.sandbox.deliveries.put(delivery);
    await askAll(own);
    if (told === 'EDIT_IS_TOLD') {
      await world.account.settled();
    }
    isOpen = true;
    await Promise.all(own.map(({ id }) => world.ended(id)));
    own.forEach(({ id }) => editAt('AFTER', id));
    world.sandbox.deliveries.put({});
    world.sandbox.deliveries.release();
    await world.account.settled();
    const wrong = await Promise.all(own.map((each) => wrongOf(each, told)));
    expect(wrong.filter((each) => each !== null)).toEqual([]);
    const before = await traces();
    await world.account.ring();
    await world.account.settled();
    expect(await traces()).toEqual(before);
  }, PATIENCE_MS);
});
