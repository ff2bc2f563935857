import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { assertNever } from '@app/common';
import type { StripeWriteRequest } from '@app/stripe';
import { CommandService, refusalInWords } from '@app/subscriptions';
import { type ClaimedCommand, CommandLedger } from '@app/sync';

import { resolveExpiry } from './resolve-expiry.js';

/** Says what is sent to Stripe for a command. */
@Injectable()
export class CommandRequests {
  constructor(
    private readonly em: EntityManager,
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
        await this.ledger.apply(this.em.fork(), command);
        return null;
      case 'REFUSED':
        await this.ledger.fail(this.em.fork(), command, { code: verdict.code, detail: refusalInWords(verdict), stripeRequestId: null, status: null });
        return null;
      default:
        return assertNever(verdict);
    }
  }

  /** What is refused anyway, or already so, is told as that. */
  private async unlessExpired(command: ClaimedCommand, request: StripeWriteRequest): Promise<StripeWriteRequest | null> {
    const expired = resolveExpiry(command.askedSecondsAgo);
    if (expired === null) {
      return request;
    }
    await this.ledger.fail(this.em.fork(), command, expired);
    return null;
  }
}
