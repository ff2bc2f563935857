import { Random } from '../../apps/sandbox/src/account/random.js';
import type { FaultSettings } from '../../apps/sandbox/src/faults/fault-settings.js';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import type { StripeStore } from '../support/oracle/account.js';
import { SILENT_MS } from './faults.js';
import { foretellable } from './world.js';

/** What somebody does in Stripe while it is read. */
interface Edit {
  /** Just before this page of subscriptions is answered. */
  readonly page: number;
  readonly id: string;
  readonly change: 'COPY' | { readonly status: string } | { readonly quantity: number };
}

/** One import: an account, and what goes wrong while it is carried over. */
export interface Mix {
  readonly seed: number;
  readonly subscriptions: number;
  readonly settings: { readonly customers: 'SUBSCRIBED' | 'ALL'; readonly requestsPerSecond?: number; readonly requestsPerSecondPerEndpoint?: number };
  readonly faults: Partial<FaultSettings>;
  readonly isEdited: boolean;
}

const FEWEST = 20;
const MOST = 60;
const MOST_EDITS = 6;
const LAST_PAGE = 5;

/** A mix of everything that a later try may cure; each fault is left out now and then. */
export function drawMix(seed: number): Mix {
  const random = new Random(`mix ${seed}`);
  const share = (most: number): number => random.pick([0, most / 2, most]);
  return {
    seed,
    subscriptions: FEWEST + random.below(MOST - FEWEST + 1),
    settings: { customers: random.pick(['SUBSCRIBED', 'SUBSCRIBED', 'ALL']) },
    faults: {
      seed: String(seed),
      requestsPerSecond: random.pick([0, 0, 12, 25]),
      requestsPerSecondPerEndpoint: random.pick([0, 0, 6, 10]),
      failing: random.pick([0, 0.1, 0.2, 0.35]),
      reset: share(0.05),
      cut: share(0.1),
      silent: share(0.02),
      silentMs: SILENT_MS,
      lostCursors: share(0.1),
      shortPages: random.pick([0.6, 0.9, 1]),
    },
    isEdited: random.chance(0.4),
  };
}

/** So many mixes from this seed on, without those of whose account no one outcome can be foretold. */
export function drawMixes(from: number, count: number): Mix[] {
  const mixes: Mix[] = [];
  for (let seed = from; mixes.length < count; seed += 1) {
    const mix = drawMix(seed);
    if (foretellable(mix)) {
      mixes.push(mix);
    }
  }
  return mixes;
}

/** Live subscriptions only, each once: what is over stays over in Stripe, too. */
function drawEdits({ seed }: Mix, { subscriptions }: StripeStore): Edit[] {
  const random = new Random(`edits ${seed}`);
  const live = subscriptions.filter(({ status }) => !['canceled', 'incomplete_expired'].includes(status));
  return random
    .shuffle(live)
    .slice(0, 1 + random.below(MOST_EDITS))
    .map(({ id }) => ({
      id,
      page: 1 + random.below(LAST_PAGE),
      change: random.pick<Edit['change']>([
        'COPY',
        { status: 'canceled' },
        { status: random.pick(['active', 'past_due', 'unpaid', 'paused', 'trialing']) },
        { quantity: random.below(9) },
      ]),
    }));
}

/** What the edits have touched so far: of these an import may show either state. */
export interface Touched {
  readonly changed: Set<string>;
  readonly copies: Set<string>;
}

/** Lets the account be edited while it is read, if the mix says so. */
export function editBetweenPages(sandbox: Sandbox, store: StripeStore, mix: Mix): Touched {
  const touched: Touched = { changed: new Set(), copies: new Set() };
  const edits = mix.isEdited ? drawEdits(mix, store) : [];
  let pages = 0;
  sandbox.onRequest((pattern) => {
    if (pattern === '/v1/subscriptions') {
      pages += 1;
      edits.filter(({ page }) => page === pages).forEach((edit) => apply(sandbox, edit, touched));
    }
  });
  return touched;
}

function apply({ changes }: Sandbox, { id, change }: Edit, touched: Touched): void {
  if (change === 'COPY') {
    touched.copies.add(changes.copySubscription(id) ?? '');
  } else {
    changes.changeSubscription(id, change);
    touched.changed.add(id);
  }
}
