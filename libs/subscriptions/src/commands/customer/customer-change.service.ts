import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { transactionWithRetry } from '@app/common';
import { type UserChanges, UserService, type UserView } from '@app/customers';
import type { StripeWriteRequest } from '@app/stripe';
import { type ClaimedCommand, type CommandFacts, type CommandKind, CommandOutbox } from '@app/sync';

import { lockUserKey } from '../../manual/manual.queries.js';
import type { Appended, Asking, CommandFamily } from '../command-family.js';
import { commandRefused } from '../command.errors.js';
import type { CommandVerdict, RefusedCommand } from '../command.types.js';
import type { AskedCustomerChange, NotAsked } from './customer-change.types.js';
import { loadCustomerGround } from './customer-ground.queries.js';
import { refusalOf, resolveCustomerChange } from './resolve-customer-change.js';
import { resolveFollowing } from './resolve-following.js';

/** A user after an edit, and how Stripe follows. */
export interface EditedUser {
  readonly user: UserView;
  readonly following: { readonly code: 'ASKED'; readonly command: Appended } | NotAsked;
}

interface Wanted {
  readonly connectionId: string;
  readonly userKey: string;
  readonly asked: AskedCustomerChange;
}

/** Lets a user's primary customer follow what the company says of the user (rules K1, K4, U8). */
@Injectable()
export class CustomerChangeService implements CommandFamily {
  readonly kinds: readonly CommandKind[] = ['UPDATE_CUSTOMER'];

  constructor(
    private readonly em: EntityManager,
    private readonly users: UserService,
    private readonly outbox: CommandOutbox,
  ) {}

  /**
   * Edits a user, and asks Stripe to follow, in one transaction. The edit stands whatever comes of that.
   *
   * @param askedBy the API key
   * @throws KanaError what `UserService.editIn` throws
   */
  async edit(name: string, changes: UserChanges, askedBy: string): Promise<EditedUser> {
    return transactionWithRetry(this.em, async (em) => {
      const edit = await this.users.editIn(em, name, changes);
      const { after: user } = edit;
      const following = resolveFollowing(edit, changes, await loadCustomerGround(em, user.key));
      if (following.code !== 'ASKED') {
        return { user, following };
      }
      const command = await this.append(em, { ...following, userKey: user.key }, { askedBy });
      return { user, following: { code: 'ASKED', command } };
    });
  }

  /** To the account that the customer is in by now. */
  async askAgain(em: EntityManager, failed: CommandFacts, asking: Asking): Promise<Appended> {
    const userKey = failed.userKey ?? '';
    await lockUserKey(em, userKey);
    const asked = askedOf(failed);
    const ground = await loadCustomerGround(em, userKey);
    const connectionId = ground.customer?.connectionId ?? failed.connectionId;
    const verdict = resolveCustomerChange(asked, ground, connectionId);
    if (verdict.kind === 'REFUSED') {
      throw commandRefused(verdict);
    }
    return this.append(em, { connectionId, userKey, asked }, asking);
  }

  async resolve(command: ClaimedCommand): Promise<CommandVerdict> {
    return resolveCustomerChange(askedOf(command), await loadCustomerGround(this.em.fork(), command.userKey ?? ''), command.connectionId);
  }

  /** A person may have said meanwhile that the customer is somebody else's: that one is not told this user's name and email. */
  async recheck({ connectionId, userKey }: ClaimedCommand, request: StripeWriteRequest): Promise<RefusedCommand | null> {
    const { customer } = await loadCustomerGround(this.em.fork(), userKey ?? '');
    const isSame = customer !== null && customer.connectionId === connectionId && 'id' in request && customer.id === request.id;
    const code = isSame ? refusalOf(customer) : 'customer_elsewhere';
    return code === null ? null : { kind: 'REFUSED', code };
  }

  /** The user is taken: the order of its commands is that of its edits, and one that makes its customer comes before. */
  private async append(em: EntityManager, { connectionId, userKey, asked }: Wanted, asking: Asking): Promise<Appended> {
    const id = await this.outbox.append(em, { connectionId, kind: 'UPDATE_CUSTOMER', subject: { type: 'USER', id: userKey }, userKey, asked, ...asking });
    return { id, connectionId };
  }
}

/** The ledger keeps what `append` has written. */
function askedOf({ asked }: Pick<CommandFacts, 'asked'>): AskedCustomerChange {
  return asked as unknown as AskedCustomerChange;
}
