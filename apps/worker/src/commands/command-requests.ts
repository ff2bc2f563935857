import { Injectable } from '@nestjs/common';

import { assertNever } from '@app/common';
import type { StripeWriteRequest } from '@app/stripe';
import { CommandService, refusalInWords } from '@app/subscriptions';
import { type ClaimedCommand, type CommandError, CommandLedger } from '@app/sync';

import { resolveExpiry } from './resolve-expiry.js';

/** Says what is sent to Stripe for a command. */
@Injectable()
export class CommandRequests {
  constructor(
    private readonly ledger: CommandLedger,
    private readonly commands: CommandService,
  ) {}

  /** What was frozen, or else what is decided now; null = nothing is, and it has ended: refused, too late, or already so. */
  async of(command: ClaimedCommand): Promise<StripeWriteRequest | null> {
    if (command.request !== null) {
      // As it was frozen before the first attempt.
      return command.request as unknown as StripeWriteRequest;
    }
    const verdict = await this.commands.resolve(command);
    switch (verdict.kind) {
      case 'REQUEST':
        return this.unlessExpired(command, verdict.request);
      case 'NOTHING':
        return this.end(command, null);
      case 'REFUSED':
        return this.end(command, { code: verdict.code, detail: refusalInWords(verdict), stripeRequestId: null, status: null });
      default:
        return assertNever(verdict);
    }
  }

  /** What is refused anyway, or already so, is told as that. */
  private async unlessExpired(command: ClaimedCommand, request: StripeWriteRequest): Promise<StripeWriteRequest | null> {
    const expired = resolveExpiry(command.askedSecondsAgo);
    return expired === null ? request : this.end(command, expired);
  }

  private async end(command: ClaimedCommand, error: CommandError | null): Promise<null> {
    if (!(await this.ledger.endUnsent(command, error))) {
      await this.ledger.release(command, 0);
    }
    return null;
  }
}
