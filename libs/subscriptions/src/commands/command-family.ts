import type { EntityManager } from '@mikro-orm/postgresql';

import type { CreatedObject, StripeWriteRequest } from '@app/stripe';
import type { ClaimedCommand, CommandFacts, CommandKind } from '@app/sync';

import type { CommandVerdict, RefusedCommand } from './command.types.js';

/** A command that was taken in: ring `commands` for its connection. */
export interface Appended {
  readonly id: string;
  readonly connectionId: string;
}

/** By whom a command is asked for. */
export interface Asking {
  /** The API key. */
  readonly askedBy: string;
  /** The failed command that it tries again. */
  readonly retries?: string;
}

/** Kinds of commands that are decided on alike. */
export interface CommandFamily {
  readonly kinds: readonly CommandKind[];
  /** What is to be sent for it, as things are now. */
  resolve(command: ClaimedCommand): Promise<CommandVerdict>;
  /** Why what was frozen for it, and is not done, may not be sent any more; null = it may. */
  recheck?(command: ClaimedCommand, request: StripeWriteRequest): Promise<RefusedCommand | null>;
  /** The same once more, by a new command, decided anew; in the caller's transaction. @throws KanaError what its first call throws */
  askAgain(em: EntityManager, failed: CommandFacts, asking: Asking): Promise<Appended>;
  /** What else it brings about in Kana, once what was made is carried over; in the same transaction. */
  follow?(em: EntityManager, command: ClaimedCommand, created: CreatedObject): Promise<void>;
}

/** All families; each kind is in one. */
export const COMMAND_FAMILIES = Symbol('COMMAND_FAMILIES');
