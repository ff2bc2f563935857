import { randomUUID } from 'node:crypto';

import { StripeWriters } from '@app/stripe';
import type { INestApplicationContext } from '@nestjs/common';

import type { Random } from '../../apps/sandbox/src/account/random.js';
import type { FaultSettings } from '../../apps/sandbox/src/faults/fault-settings.js';
import { KILL_POINTS, type KillPoint, type MortalDelivery } from './command-kills.js';
import type { CommandWorld } from './command-world.js';

/** So many attempts go wrong, at the most; then all is well. */
const DISASTERS = 3;
const MOST_ATTEMPTS = 12;
/** How late a call takes effect whose worker has died meanwhile. */
export const LATE_MS = 120;

/** What Stripe or the network does to the calls that change something. */
const FAULTS: Readonly<Record<string, Partial<FaultSettings>>> = {
  none: {},
  'a 500 without effect': { failing: 1, appliesFirst: 0 },
  'a 500 with effect': { failing: 1, appliesFirst: 1 },
  'a connection lost before': { reset: 1, appliesFirst: 0 },
  'a connection lost after': { reset: 1, appliesFirst: 1 },
  'a time-out after': { silent: 1, silentMs: 10, appliesFirst: 1 },
  'half an answer': { cut: 1 },
};

export interface Disaster {
  readonly fault: string;
  readonly kill: KillPoint | null;
}

export function drawDisasters(random: Random): Disaster[] {
  return Array.from({ length: 1 + random.below(DISASTERS) }, () => ({
    fault: random.pick(Object.keys(FAULTS) as [string, ...string[]]),
    kill: random.chance(0.6) ? random.pick(KILL_POINTS) : null,
  }));
}

/** An attempt at whatever is due that goes wrong in this way. */
export async function suffer(world: CommandWorld, mortal: MortalDelivery, { fault, kill }: Disaster, calls: string[]): Promise<void> {
  world.sandbox.setFaults({ ...FAULTS[fault], only: fault === 'none' ? [] : calls });
  await world.attempt(mortal, kill);
  world.sandbox.onRequest(() => undefined);
  world.sandbox.setLatency(0);
}

/** From now on all is well: until the command has ended. */
export async function recover(world: CommandWorld, mortal: MortalDelivery, id: string): Promise<void> {
  world.sandbox.setFaults({});
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    await world.attempt(mortal);
    if ((await world.command(id)).endedAt !== null) {
      return;
    }
  }
}

/** Until the next changing call has come, which takes effect late. */
export function lateArrival(world: CommandWorld): Promise<void> {
  world.sandbox.setLatency(LATE_MS);
  return new Promise((resolve) => {
    world.sandbox.onRequest((_pattern, _url, method) => {
      if (method !== 'GET') {
        resolve();
      }
    });
  });
}

/** Plants what somebody would do who has not thought of what may go wrong. */
export function freshKeys(worker: INestApplicationContext): void {
  const writers = worker.get(StripeWriters, { strict: false });
  const make = writers.of.bind(writers);
  writers.of = (...given) => {
    const writer = make(...given);
    const call = writer.send.bind(writer);
    writer.send = (request, identity) => call(request, { ...identity, key: `${identity.key}-${randomUUID()}` });
    return writer;
  };
}
