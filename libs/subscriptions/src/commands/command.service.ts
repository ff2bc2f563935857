import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';

import { conflict, sqlRows, transactionWithRetry } from '@app/common';
import type { CreatedObject, StripeWriteRequest } from '@app/stripe';
import { type ClaimedCommand, type CommandFacts, type CommandKind, CommandQueries } from '@app/sync';

import { type Appended, COMMAND_FAMILIES, type CommandFamily } from './command-family.js';
import type { CommandVerdict, RefusedCommand } from './command.types.js';

/** What is done with commands of whatever kind (rule K2). */
@Injectable()
export class CommandService {
  private readonly families: ReadonlyMap<CommandKind, CommandFamily>;

  constructor(
    private readonly em: EntityManager,
    private readonly commands: CommandQueries,
    @Inject(COMMAND_FAMILIES) families: readonly CommandFamily[],
  ) {
    this.families = new Map(families.flatMap((family) => family.kinds.map((kind) => [kind, family] as const)));
  }

  /** What is to be sent for this command, as things are now. */
  resolve(command: ClaimedCommand): Promise<CommandVerdict> {
    return this.familyOf(command).resolve(command);
  }

  /** Why what was frozen for it, and is not done, may not be sent any more; null = it may. */
  async recheck(command: ClaimedCommand, request: StripeWriteRequest): Promise<RefusedCommand | null> {
    return (await this.familyOf(command).recheck?.(command, request)) ?? null;
  }

  /** What else it brings about in Kana, in the transaction that carries over what was made. */
  async follow(em: EntityManager, command: ClaimedCommand, created: CreatedObject): Promise<void> {
    await this.familyOf(command).follow?.(em, command, created);
  }

  /**
   * The same once more, by a new command: decided anew.
   *
   * @param askedBy the API key
   * @throws KanaError command_not_found, command_not_failed, command_retried, or what its first call throws
   */
  async retry(commandId: string, askedBy: string): Promise<Appended> {
    return transactionWithRetry(this.em, async (em) => {
      await sqlRows(em, 'select 1 from sync_command where id = $1 for update', [commandId]);
      const failed = await this.commands.get(commandId, em);
      if (failed.state !== 'FAILED') {
        throw conflict('command_not_failed', `Command ${commandId} has not failed: there is nothing to try again.`);
      }
      if (failed.retriedBy !== null) {
        throw conflict('command_retried', `Command ${commandId} was tried again already, by ${failed.retriedBy}.`);
      }
      return this.familyOf(failed).askAgain(em, failed, { askedBy, retries: commandId });
    });
  }

  private familyOf({ kind }: Pick<CommandFacts, 'kind'>): CommandFamily {
    const family = this.families.get(kind);
    if (family === undefined) {
      throw new RangeError(`Nobody decides on commands of the kind ${kind}.`);
    }
    return family;
  }
}
