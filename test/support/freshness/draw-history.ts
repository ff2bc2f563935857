import type { Random } from '../../../apps/sandbox/src/account/random.js';

/** A state that Stripe's object had, from `at` (milliseconds) on. */
export interface Version {
  readonly at: number;
  /** What is stored of it; versions may be alike (A, B, A). */
  readonly value: string;
  readonly index: number;
}

/** An event as it comes in. */
export interface Delivery {
  readonly at: number;
  readonly id: string;
  /** Whole seconds. */
  readonly created: number;
  /** null: it only points to the object. */
  readonly body: Version | null;
  readonly servable: boolean;
}

/** How long each step of a request takes, and how its answer is stamped. */
export interface Request {
  /** From sending to the state being taken, from there to the answer, and from the answer to our using it; milliseconds. */
  readonly toState: number;
  readonly toAnswer: number;
  readonly toUse: number;
  /** Where between sending and answer the `Date` lies, 0 to 1. */
  readonly stamp: number;
  /** How wrong Stripe's stamping clock is, milliseconds. */
  readonly skew: number;
}

export interface History {
  readonly versions: readonly Version[];
  readonly deliveries: readonly Delivery[];
  readonly sweeps: readonly { readonly at: number; readonly request: Request }[];
  /** The requests of reads, in turn. */
  readonly reads: readonly Request[];
}

interface Manner {
  /** The longest pause between two changes, milliseconds. */
  readonly pause: number;
  readonly changes: number;
  /** The longest delay of a delivery. */
  readonly delay: number;
  readonly sweeps: number;
  readonly latency: number;
}

/** Sparse changes, bursts, a checkout with its four events in a second, an import at the same time. */
const MANNERS: readonly [Manner, ...Manner[]] = [
  { pause: 60_000, changes: 4, delay: 30_000, sweeps: 0, latency: 400 },
  { pause: 600, changes: 8, delay: 4000, sweeps: 0, latency: 1500 },
  { pause: 150, changes: 4, delay: 1500, sweeps: 0, latency: 300 },
  { pause: 2500, changes: 6, delay: 6000, sweeps: 2, latency: 2500 },
  { pause: 900, changes: 6, delay: 20_000, sweeps: 3, latency: 900 },
];
const READS = 40;
/** Most events come at once. */
const PROMPT_MS = 150;
const START = 10_000_000;
/** How late `created` and the body may be, against the change itself: less than the rule allows for. */
const LATEST_STAMP_MS = 1900;
const SKEW_MS = 50;

/** A life of one object and everything that is told about it, in an adversarial order; the same for the same stream. */
export function drawHistory(random: Random): History {
  const manner = random.pick(MANNERS);
  const versions = drawVersions(random, manner);
  const deliveries = versions.flatMap((version) => drawDeliveries(random, manner, versions, version));
  const last = versions.at(-1)?.at ?? START;
  return {
    versions,
    deliveries,
    sweeps: drawSweeps(random, manner, last),
    reads: Array.from({ length: READS }, () => drawRequest(random, manner)),
  };
}

/** One after the other: a connection has one run at a time. */
function drawSweeps(random: Random, manner: Manner, last: number): History['sweeps'][number][] {
  let free = START;
  return Array.from({ length: manner.sweeps }, () => {
    const at = free + random.below(last - START + manner.delay);
    const request = drawRequest(random, manner);
    free = at + request.toState + request.toAnswer + request.toUse;
    return { at, request };
  });
}

function drawVersions(random: Random, { pause, changes }: Manner): Version[] {
  const versions: Version[] = [];
  const isRecurring = random.chance(0.4);
  let at = START + random.below(1000);
  for (let index = 0; index < 2 + random.below(changes); index += 1) {
    // Two changes can fall into one millisecond.
    versions.push({ at, index, value: isRecurring ? `v${random.below(3)}` : `v${index}` });
    at += random.below(pause);
  }
  return versions;
}

function drawDeliveries(random: Random, { delay }: Manner, versions: readonly Version[], version: Version): Delivery[] {
  const stamp = version.at + (random.chance(0.5) ? 0 : random.below(LATEST_STAMP_MS));
  const rendered = version.at + (random.chance(0.7) ? 0 : random.below(LATEST_STAMP_MS));
  const body = versions.findLast(({ at, index }) => at <= rendered && (index === version.index || rendered > version.at)) ?? version;
  const event = {
    id: `evt_${version.index}`,
    created: Math.floor((stamp + random.below(SKEW_MS)) / 1000),
    body: random.chance(0.05) ? null : body,
    servable: !random.chance(0.05),
  };
  const copies = random.chance(0.2) ? 2 : 1;
  return Array.from({ length: copies }, () => ({ ...event, at: rendered + random.below(random.chance(0.4) ? PROMPT_MS : delay) }));
}

function drawRequest(random: Random, { latency }: Manner): Request {
  const part = (): number => random.below(latency);
  return { toState: part(), toAnswer: part(), toUse: random.below(200), stamp: random.below(101) / 100, skew: random.below(2 * SKEW_MS + 1) - SKEW_MS };
}
