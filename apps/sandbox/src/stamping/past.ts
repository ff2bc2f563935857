import type { AccountClock } from '../clock/account-clock.js';
import type { ObjectState, StateKind, StateOf } from '../store/states.js';
import type { Store } from '../store/store.js';
import type { Stamps } from './stamps.js';

interface Change {
  at: number;
  kind: StateKind;
  id: string;
  before: ObjectState | undefined;
}

/** What objects were a moment ago, while readings by id may be stale. */
export class Past {
  private changes: Change[] = [];

  constructor(
    store: Store,
    private readonly clock: AccountClock,
    private readonly stamps: Stamps,
  ) {
    store.onChange = (kind, id, before) => this.remember({ at: clock.nowMs(), kind, id, before });
  }

  /** The object as a reading shows it: as it is now, as it was, or undefined as long as it was not there. */
  look<Kind extends StateKind>(kind: Kind, id: string): StateOf<Kind> | 'now' | undefined {
    const instant = this.clock.nowMs() - this.stamps.staleness();
    const next = this.changes.find((change) => change.at > instant && change.kind === kind && change.id === id);
    if (!next) return 'now';
    return next.before && isOf(next.before, kind) ? next.before : undefined;
  }

  private remember(change: Change): void {
    const { staleReadsMs } = this.stamps.settings;
    if (staleReadsMs === 0) {
      if (this.changes.length > 0) this.changes = [];
      return;
    }
    const oldest = change.at - staleReadsMs;
    while (this.changes[0] && this.changes[0].at < oldest) this.changes.shift();
    this.changes.push(change);
  }
}

function isOf<Kind extends StateKind>(state: ObjectState, kind: Kind): state is StateOf<Kind> {
  return state.kind === kind;
}
