import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { Clock, transactionWithRetry } from '@app/common';
import { ConnectionService } from '@app/stripe';
import { type ClaimedCommand, type CommandFacts, type CommandKind, CommandOutbox } from '@app/sync';

import { userNotFound } from '../../manual/manual.errors.js';
import { lockPackages, lockUser } from '../../manual/manual.queries.js';
import type { Appended, Asking, CommandFamily } from '../command-family.js';
import type { CommandVerdict } from '../command.types.js';
import { loadHome, loadSubscribeGround } from '../subscribe/subscribe-ground.queries.js';
import { subscribingRefused } from '../subscribe/subscribe.errors.js';
import { loadLinkUser } from './link-user.queries.js';
import type { AskedLink, LinkGround } from './link.types.js';
import { ASKING_MS, resolveLink } from './resolve-link.js';

/** What somebody asks for. */
export interface WantedLink {
  /** Id or alias; null = it is for whoever completes it. */
  readonly userId: string | null;
  /** null = the user's own, or the only one. */
  readonly connectionId: string | null;
  readonly asked: AskedLink;
}

/** Whom a link is for, and where. */
interface LinkPlace {
  readonly connectionId: string;
  readonly userKey: string | null;
}

/** Opens Checkout pages at which somebody subscribes and pays (rule K1). What comes of them arrives as anything of Stripe's does. */
@Injectable()
export class LinkCommandService implements CommandFamily {
  readonly kinds: readonly CommandKind[] = ['SUBSCRIPTION_LINK'];

  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly connections: ConnectionService,
    private readonly outbox: CommandOutbox,
  ) {}

  /** @throws KanaError user_not_found, connection_required, connection_disconnected, or a code of `CommandRefusal` */
  async ask({ userId, connectionId, asked }: WantedLink, askedBy: string): Promise<Appended> {
    const home = userId === null ? null : await loadHome(this.em.fork(), userId);
    const connection = await this.connections.resolveConnected(connectionId ?? home ?? undefined);
    return transactionWithRetry(this.em, async (em) => {
      // In the order of everybody who takes both: packages, then users.
      await lockPackages(em, asked.packageIds);
      const userKey = userId === null ? null : await lockUser(em, userId);
      if (userId !== null && userKey === null) {
        throw userNotFound(userId);
      }
      return this.append(em, { connectionId: connection.id, userKey }, asked, { askedBy });
    });
  }

  askAgain(em: EntityManager, { connectionId, userKey, asked }: CommandFacts, asking: Asking): Promise<Appended> {
    return this.append(em, { connectionId, userKey }, asked as unknown as AskedLink, asking);
  }

  async resolve({ connectionId, userKey, asked: words }: ClaimedCommand): Promise<CommandVerdict> {
    const asked = words as unknown as AskedLink;
    const verdict = resolveLink(asked, await this.groundOf(this.em.fork(), { connectionId, userKey }, asked));
    return verdict.kind === 'REFUSED' ? verdict : { kind: 'REQUEST', request: { call: 'CREATE_SESSION', ...verdict.session } };
  }

  private async append(em: EntityManager, place: LinkPlace, asked: AskedLink, asking: Asking): Promise<Appended> {
    const verdict = resolveLink(asked, await this.groundOf(em, place, asked), ASKING_MS);
    if (verdict.kind === 'REFUSED') {
      throw subscribingRefused(asked.packageIds, verdict);
    }
    const { connectionId, userKey } = place;
    const subject = userKey === null ? null : ({ type: 'USER', id: userKey } as const);
    const id = await this.outbox.append(em, { connectionId, kind: 'SUBSCRIPTION_LINK', subject, userKey, asked, ...asking });
    return { id, connectionId };
  }

  private async groundOf(em: EntityManager, { connectionId, userKey }: LinkPlace, { packageIds }: AskedLink): Promise<LinkGround> {
    const ground = await loadSubscribeGround(em, { connectionId, userKey, packageIds, now: this.clock.now() });
    return { ...ground, user: userKey === null ? null : await loadLinkUser(em, userKey) };
  }
}
