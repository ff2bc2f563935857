import { AsyncLocalStorage } from 'node:async_hooks';

import type { Hold } from '@app/access';
import { Injectable } from '@nestjs/common';

/** Who asks for which change, as it is written down. */
export interface AuditNote {
  readonly apiKeyId: string;
  readonly operationId: string;
  readonly method: string;
  /** The template. */
  readonly route: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Id or alias of the user that the call is about; only the internal id is stored. */
  readonly userName: string | null;
  readonly request: unknown;
  readonly requestId: string;
}

/** A changing call under way, and what its change must leave behind. */
export interface ChangingCall {
  /** Null where the operation's own rows are the record. */
  readonly note: AuditNote | null;
  /** Null without an idempotency key. */
  readonly hold: Hold | null;
  /** The transaction that has written them, or is about to. */
  recordedBy?: object;
}

interface Slot {
  call?: ChangingCall;
}

/** Carries the changing call of a request to wherever its transaction is committed. */
@Injectable()
export class CallContext {
  private readonly slots = new AsyncLocalStorage<Slot>();

  /** Opens a slot for a request; `begin` fills it once it is clear that the request may change something. */
  run<Result>(work: () => Result): Result {
    return this.slots.run({}, work);
  }

  begin(call: ChangingCall): void {
    const slot = this.slots.getStore();
    if (slot !== undefined) {
      slot.call = call;
    }
  }

  current(): ChangingCall | undefined {
    return this.slots.getStore()?.call;
  }
}
