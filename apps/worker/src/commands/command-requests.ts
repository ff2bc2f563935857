import { Injectable } from '@nestjs/common';

import { assertNever } from '@app/common';
import type { StripeWriteRequest } from '@app/stripe';
import { CommandService, type CommandVerdict, refusalInWords } from '@app/subscriptions';
import { type ClaimedCommand, type CommandError, CommandLedger } from '@app/sync';

import { resolveExpiry } from './resolve-expiry.js';
import { isKeyKept } from './resolve-outcome.js';

type Refused = Extract<CommandVerdict, { kind: 'REFUSED' }>;

/** Until it is looked again whether an account is still disconnected; as long as it is, nobody takes its commands. */
const AWAY_SECONDS = 5;

/** Says what is sent to Stripe for a command. */
@Injectable()
export class CommandRequests {
  constructor(
    private readonly ledger: CommandLedger,
    private readonly commands: CommandService,
  ) {}

  /** What was frozen, or else what is decided now; null = nothing is: it has ended (refused, too late, or already so), or it waits. */
  async of(command: ClaimedCommand): Promise<StripeWriteRequest | null> {
    if (command.request !== null) {
      return this.frozen(command, command.request as unknown as StripeWriteRequest);
    }
    const verdict = await this.commands.resolve(command);
    switch (verdict.kind) {
      case 'REQUEST':
        return this.unlessExpired(command, verdict.request);
      case 'NOTHING':
        return this.end(command, null);
      case 'REFUSED':
        return this.refuse(command, verdict);
      default:
        return assertNever(verdict);
    }
  }

  /** As it was before the first attempt. Of what may have been done Stripe is read first; what was not is sent only while it may be. */
  private async frozen(command: ClaimedCommand, request: StripeWriteRequest): Promise<StripeWriteRequest | null> {
    const refused = command.state === 'QUEUED' && isKeyKept(command.sentSecondsAgo) ? await this.commands.recheck(command, request) : null;
    return refused === null ? request : this.refuse(command, refused);
  }

  private refuse(command: ClaimedCommand, refused: Refused): Promise<null> {
    const { code } = refused;
    return code === 'connection_disconnected' ? this.wait(command) : this.end(command, { code, detail: refusalInWords(refused), stripeRequestId: null, status: null });
  }

  /** What is refused anyway, or already so, is told as that. */
  private async unlessExpired(command: ClaimedCommand, request: StripeWriteRequest): Promise<StripeWriteRequest | null> {
    const expired = resolveExpiry(command.askedSecondsAgo);
    return expired === null ? request : this.end(command, expired);
  }

  /** The account was disconnected since the command was taken: its commands wait until it is connected again. */
  private async wait(command: ClaimedCommand): Promise<null> {
    await this.ledger.release(command, AWAY_SECONDS);
    return null;
  }

  private async end(command: ClaimedCommand, error: CommandError | null): Promise<null> {
    if (!(await this.ledger.endUnsent(command, error))) {
      await this.ledger.release(command, 0);
    }
    return null;
  }
}
