import { completeSession, declineSession } from '../checkout/end-session.js';
import type { Payer } from '../checkout/end-session.js';
import { missing } from '../http/faults.js';
import type { WireSession } from '../objects/checkout-session.js';
import type { World } from '../write/act.js';

/** What a session's page does, without a browser. */
export class Checkouts {
  constructor(private readonly world: World) {}

  /** All there ever were, the newest first. */
  all(): WireSession[] {
    return this.world.checkouts.sessions.under('all').map(({ session }) => session);
  }

  /** Somebody pays. What the session knows already (its customer, an email) needs not be told. */
  complete(id: string, payer: Payer = {}): WireSession {
    completeSession(this.world, id, payer);
    return this.show(id);
  }

  /** The payer's card is declined: the session stays open, and nothing is told. */
  decline(id: string): WireSession {
    declineSession(this.world, id);
    return this.show(id);
  }

  show(id: string): WireSession {
    const stored = this.world.checkouts.get(id);
    if (!stored) throw missing('checkout.session', id, 'id');
    return stored.session;
  }
}
