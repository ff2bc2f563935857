import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { Clock, transactionWithRetry } from '@app/common';
import { ConnectionService, type StripeConnection } from '@app/stripe';
import { type ClaimedCommand, type CommandFacts, type CommandKind, CommandOutbox } from '@app/sync';

import { lockPackages, lockUser, lockUserKey } from '../../manual/manual.queries.js';
import { userNotFound } from '../../manual/manual.errors.js';
import { commandRefused } from '../command.errors.js';
import type { Appended, Asking, CommandFamily } from '../command-family.js';
import type { CommandVerdict } from '../command.types.js';
import { databaseTime } from '../database-time.js';
import { type PreviewGround, PreviewSeal } from '../preview/preview-seal.js';
import { subscribingRefused } from './subscribe.errors.js';
import { resolveSubscribe } from './resolve-subscribe.js';
import { loadHome, loadPayer, loadPayingUser, loadSubscribeGround } from './subscribe-ground.queries.js';
import type { AskedSubscribe, PayingGround, SubscribeTerms } from './subscribe.types.js';

/** What somebody asks for. */
export interface WantedSubscribe {
  /** Id or alias. */
  readonly userId: string;
  /** null = the user's own, or the only one. */
  readonly connectionId: string | null;
  readonly asked: AskedSubscribe;
  /** As it came with the preview of just this. */
  readonly preview?: string | undefined;
}

/** What was decided, and what on. */
export interface DecidedSubscribe {
  readonly connectionId: string;
  readonly userKey: string;
  readonly payer: PayingGround;
  readonly terms: SubscribeTerms;
  /** RFC 3339, by the database's clock. */
  readonly at: string;
}

/** Subscribes users who pay through Stripe; one without a customer gets one made before (rule K1). */
@Injectable()
export class SubscribeCommandService implements CommandFamily {
  readonly kinds: readonly CommandKind[] = ['SUBSCRIBE', 'CREATE_CUSTOMER'];

  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly connections: ConnectionService,
    private readonly outbox: CommandOutbox,
    private readonly seals: PreviewSeal,
  ) {}

  /** @throws KanaError user_not_found, connection_required, connection_disconnected, what `PreviewSeal.redeem` throws, or a code of `CommandRefusal` */
  async ask(wanted: WantedSubscribe, askedBy: string): Promise<Appended> {
    const connection = await this.connectionOf(wanted);
    return transactionWithRetry(this.em, async (em) => {
      const { asked, preview } = wanted;
      const decided = await this.decide(em, connection.id, wanted);
      if (preview !== undefined) {
        this.seals.redeem(preview, previewGroundOf(decided, asked));
      }
      return this.append(em, decided, asked, { askedBy });
    });
  }

  /** The account that is meant: the one named, the user's own, or the only one. @throws KanaError connection_required, connection_not_found, connection_disconnected */
  async connectionOf({ userId, connectionId }: Pick<WantedSubscribe, 'userId' | 'connectionId'>): Promise<StripeConnection> {
    return this.connections.resolveConnected(connectionId ?? (await loadHome(this.em.fork(), userId)) ?? undefined);
  }

  /** Takes the packages, then the user, as everybody does who takes both: what a user has is decided on by one call at a time. @throws KanaError as `ask` */
  async decide(em: EntityManager, connectionId: string, { userId, asked }: WantedSubscribe): Promise<DecidedSubscribe> {
    await lockPackages(em, asked.packageIds);
    const userKey = await lockUser(em, userId);
    if (userKey === null) {
      throw userNotFound(userId);
    }
    return this.decideFor(em, connectionId, userKey, asked);
  }

  async askAgain(em: EntityManager, { kind, connectionId, userKey, asked: words }: CommandFacts, asking: Asking): Promise<Appended> {
    const asked = words as unknown as AskedSubscribe;
    if (kind === 'SUBSCRIBE') {
      await lockPackages(em, asked.packageIds);
    }
    if (userKey === null || !(await lockUserKey(em, userKey))) {
      throw commandRefused({ kind: 'REFUSED', code: 'user_missing' });
    }
    return kind === 'SUBSCRIBE' ? this.append(em, await this.decideFor(em, connectionId, userKey, asked), asked, asking) : this.appendCustomer(em, connectionId, userKey, asking);
  }

  async resolve(command: ClaimedCommand): Promise<CommandVerdict> {
    const em = this.em.fork();
    const { userKey } = command;
    if (userKey === null) {
      return { kind: 'REFUSED', code: 'user_missing' };
    }
    return command.kind === 'CREATE_CUSTOMER' ? this.resolveCustomer(em, command.connectionId, userKey) : this.resolveSubscription(em, command, userKey);
  }

  private async resolveCustomer(em: EntityManager, connectionId: string, userKey: string): Promise<CommandVerdict> {
    const payer = await loadPayer(em, connectionId, userKey);
    const user = await loadPayingUser(em, userKey);
    if (user === null) {
      return { kind: 'REFUSED', code: 'user_missing' };
    }
    if (payer.kind === 'KNOWN') {
      return { kind: 'NOTHING' };
    }
    const { settings } = await this.connections.get(connectionId);
    const { id: userId, name, email } = user;
    return { kind: 'REQUEST', request: { call: 'CREATE_CUSTOMER', name, email, userId, userIdKey: settings.userIdMetadataKey } };
  }

  private async resolveSubscription(em: EntityManager, { connectionId, asked: words }: ClaimedCommand, userKey: string): Promise<CommandVerdict> {
    const asked = words as unknown as AskedSubscribe;
    const ground = await loadSubscribeGround(em, { connectionId, userKey, packageIds: asked.packageIds, now: this.clock.now() });
    const verdict = resolveSubscribe(asked, ground);
    if (verdict.kind === 'REFUSED') {
      return verdict;
    }
    const { payer } = ground;
    return payer.kind === 'KNOWN' ? { kind: 'REQUEST', request: { call: 'CREATE_SUBSCRIPTION', customerId: payer.id, ...verdict.terms } } : { kind: 'REFUSED', code: 'customer_missing' };
  }

  private async decideFor(em: EntityManager, connectionId: string, userKey: string, asked: AskedSubscribe): Promise<DecidedSubscribe> {
    const ground = await loadSubscribeGround(em, { connectionId, userKey, packageIds: asked.packageIds, now: this.clock.now() });
    const verdict = resolveSubscribe(asked, ground);
    if (verdict.kind === 'REFUSED') {
      throw subscribingRefused(asked.packageIds, verdict);
    }
    return { connectionId, userKey, payer: ground.payer, terms: verdict.terms, at: await databaseTime(em) };
  }

  private async append(em: EntityManager, { connectionId, userKey, payer }: DecidedSubscribe, asked: AskedSubscribe, asking: Asking): Promise<Appended> {
    const subject = { type: 'USER', id: userKey } as const;
    if (payer.kind === 'NONE' && !(await this.outbox.isOpen(em, connectionId, subject, 'CREATE_CUSTOMER'))) {
      await this.appendCustomer(em, connectionId, userKey, { askedBy: asking.askedBy });
    }
    const id = await this.outbox.append(em, { connectionId, kind: 'SUBSCRIBE', subject, userKey, asked, ...asking });
    return { id, connectionId };
  }

  private async appendCustomer(em: EntityManager, connectionId: string, userKey: string, asking: Asking): Promise<Appended> {
    const id = await this.outbox.append(em, { connectionId, kind: 'CREATE_CUSTOMER', subject: { type: 'USER', id: userKey }, userKey, asked: {}, ...asking });
    return { id, connectionId };
  }
}

/** What a preview holds for: of somebody else it is another one, though it may cost the same. */
export function previewGroundOf({ connectionId, userKey, payer, terms, at }: DecidedSubscribe, asked: AskedSubscribe): PreviewGround {
  return { asked: { ...asked, connectionId, userKey }, ground: { payer, terms }, at };
}
