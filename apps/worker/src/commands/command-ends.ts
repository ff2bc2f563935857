import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { assertNever } from '@app/common';
import { type ClaimedCommand, type CommandError, CommandLedger, type CommandResult } from '@app/sync';

import type { DoubtVerdict, Outcome } from './resolve-outcome.js';

const NOT_ANSWERED: CommandError = { code: 'not_answered', detail: 'The worker was gone before Stripe’s answer.', stripeRequestId: null, status: null };
const NOT_READ: CommandError = { code: 'not_read', detail: 'Stripe has made it, and did not show it yet when it was read.', stripeRequestId: null, status: null };

/** Writes down how an attempt at a command ended. Each says whether the command was still this worker's. */
@Injectable()
export class CommandEnds {
  constructor(private readonly ledger: CommandLedger) {}

  apply(em: EntityManager, command: ClaimedCommand, result: CommandResult | null = null): Promise<boolean> {
    return this.ledger.apply(em, command, result);
  }

  /** Of an attempt that has not gone through. */
  note(em: EntityManager, command: ClaimedCommand, outcome: Exclude<Outcome, { kind: 'APPLIED' }>): Promise<boolean> {
    switch (outcome.kind) {
      case 'FAILED':
        return this.ledger.fail(em, command, outcome.error);
      case 'LATER':
        return this.ledger.queueAgain(em, command, outcome.error);
      case 'UNKNOWN':
        return this.ledger.doubt(em, command, outcome.error);
      default:
        return assertNever(outcome);
    }
  }

  /** Of a doubt that is not answered by its effect being there. */
  settle(em: EntityManager, command: ClaimedCommand, verdict: Exclude<DoubtVerdict, { kind: 'APPLIED' }>): Promise<boolean> {
    switch (verdict.kind) {
      case 'FAILED':
        return this.ledger.fail(em, command, verdict.error);
      case 'RESEND':
        return this.ledger.resend(em, command, verdict.keyNumber);
      case 'WAIT':
        return this.stay(em, command);
      default:
        return assertNever(verdict);
    }
  }

  /** What Stripe has done could not be read, and is looked for again: what went wrong before says nothing of it. */
  leaveUnread(em: EntityManager, command: ClaimedCommand): Promise<boolean> {
    return this.ledger.doubt(em, command, NOT_READ);
  }

  /** Stripe is to be read again. */
  private stay(em: EntityManager, command: ClaimedCommand): Promise<boolean> {
    return this.ledger.doubt(em, command, command.error ?? NOT_ANSWERED);
  }
}
