import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { sqlRows, sqlWrite } from '@app/common';

import type { ObjectKey } from '../lanes/lane-ledger.js';
import type { CommandError, CommandKind, CommandResult, CommandState } from './command.entity.js';
import { objectOf } from './command-outbox.js';
import { settleBackOff } from './settle-back-off.js';

/** Longer than a call of Stripe takes with all that belongs to it. */
const LEASE_SECONDS = 60;
/** What is due later, a sweep brings as well. */
const SOON_SECONDS = 5;

/** A command in the hands of one worker. With an older fence nothing is written any more. */
export interface ClaimedCommand {
  readonly id: string;
  readonly connectionId: string;
  readonly kind: CommandKind;
  /** The Stripe object that it is known by to change; null = none: what is sent says more. */
  readonly object: ObjectKey | null;
  readonly userKey: string | null;
  readonly state: CommandState;
  readonly asked: Readonly<Record<string, unknown>>;
  /** As it was frozen before the first attempt; null = there was none. */
  readonly request: Readonly<Record<string, unknown>> | null;
  readonly keyNumber: number;
  readonly attempts: number;
  readonly askedSecondsAgo: number;
  /** Since it was first sent; null = it never was. */
  readonly sentSecondsAgo: number | null;
  readonly error: CommandError | null;
  readonly fence: number;
}

interface ClaimRow {
  id: string;
  kind: CommandKind;
  ordering_key: string;
  user_key: string | null;
  state: CommandState;
  asked: Record<string, unknown>;
  request: Record<string, unknown> | null;
  key_number: number;
  attempts: number;
  asked_seconds_ago: number;
  sent_seconds_ago: number | null;
  error: CommandError | null;
  fence: number;
}

/**
 * Open, nobody's, and the first of its key that is: an older intent must not land after a newer one. Said so and not by `not exists`,
 * which PostgreSQL takes for a join of all that is open with itself as long as it believes that little is.
 */
const DUE = `
  c.next_attempt_at <= now() and (c.lease_until is null or c.lease_until < now())
    and c.seq = (select min(e.seq) from sync_command e
                  where e.connection_id = c.connection_id and e.ordering_key = c.ordering_key and e.next_attempt_at is not null)`;

/** Of a connection, by an owner, so many at the most. */
export const CLAIM = `
  with due as (
    select c.id from sync_command c where c.connection_id = $1 and ${DUE} order by c.seq limit $3 for update skip locked
  )
  update sync_command c
     set owner = $2, lease_until = now() + make_interval(secs => ${LEASE_SECONDS}), fence = c.fence + 1
    from due where c.id = due.id
  returning c.id, c.kind, c.ordering_key, c.user_key, c.state, c.asked, c.request, c.key_number, c.attempts,
            extract(epoch from now() - c.created_at)::float8 as asked_seconds_ago, extract(epoch from now() - c.first_sent_at)::float8 as sent_seconds_ago, c.error, c.fence`;

/** What the worker writes into the outbox. Times are the database's. Writes say whether the lease still stood; else nothing was written. */
@Injectable()
export class CommandLedger {
  constructor(private readonly em: EntityManager) {}

  async claim(connectionId: string, owner: string, limit: number): Promise<ClaimedCommand[]> {
    const rows = await sqlRows<ClaimRow>(this.em.fork(), CLAIM, [connectionId, owner, limit]);
    return rows.map(({ ordering_key: key, user_key: userKey, key_number: keyNumber, asked_seconds_ago: askedSecondsAgo, sent_seconds_ago: sentSecondsAgo, ...row }) => ({
      ...row, connectionId, object: objectOf(key), userKey, keyNumber, askedSecondsAgo, sentSecondsAgo,
    }));
  }

  /**
   * Before the call: from its commit on, whoever finds the command may only ask what came of it. What went wrong before says
   * nothing of this call: least of all that its key is used up.
   */
  async begin(command: ClaimedCommand, request: object): Promise<boolean> {
    return this.hold(
      this.em.fork(),
      command,
      `state = 'SENDING', error = null, request = coalesce(request, $3::jsonb), first_sent_at = coalesce(first_sent_at, now()), sent_at = now(),
       lease_until = now() + make_interval(secs => ${LEASE_SECONDS})`,
      [JSON.stringify(request), command.userKey],
      `${SAME_USER} $4`,
    );
  }

  /** Without a call. @param error null = things are as they were asked to be */
  async endUnsent(command: ClaimedCommand, error: CommandError | null): Promise<boolean> {
    const [state, shown] = error === null ? ['APPLIED', null] : ['FAILED', JSON.stringify(error)];
    return this.hold(this.em.fork(), command, `state = $3, error = $4::jsonb, ${ATTEMPTED}, ${ENDED}`, [state, shown, command.userKey], `${SAME_USER} $5`);
  }

  /** For what takes longer than usual. @throws RangeError where somebody else has it by now */
  async keep(command: ClaimedCommand): Promise<void> {
    if (!(await this.hold(this.em.fork(), command, `lease_until = now() + make_interval(secs => ${LEASE_SECONDS})`, []))) {
      throw new RangeError(`Command ${command.id} is in other hands by now.`);
    }
  }

  /** @param result what it has made, if it makes something */
  async apply(em: EntityManager, command: ClaimedCommand, result: CommandResult | null = null): Promise<boolean> {
    return this.hold(em, command, `state = 'APPLIED', error = null, result = $3::jsonb, ${ATTEMPTED}, ${ENDED}`, [result === null ? null : JSON.stringify(result)]);
  }

  async fail(em: EntityManager, command: ClaimedCommand, error: CommandError): Promise<boolean> {
    return this.hold(em, command, `state = 'FAILED', error = $3::jsonb, ${ATTEMPTED}, ${ENDED}`, [JSON.stringify(error)]);
  }

  /** It is certainly not done, and is sent again later, by the same key. */
  async queueAgain(em: EntityManager, command: ClaimedCommand, error: CommandError): Promise<boolean> {
    return this.hold(em, command, `state = 'QUEUED', error = $3::jsonb, ${ATTEMPTED}, ${dueIn('$4')}`, [JSON.stringify(error), settleBackOff(command.attempts + 1)]);
  }

  /** Nobody knows whether it is done: Stripe is read before anything else. */
  async doubt(em: EntityManager, command: ClaimedCommand, error: CommandError): Promise<boolean> {
    return this.hold(em, command, `state = 'UNKNOWN', error = $3::jsonb, ${ATTEMPTED}, ${dueIn('$4')}`, [JSON.stringify(error), settleBackOff(command.attempts + 1)]);
  }

  /** Stripe was read, and it is not done: it is sent again at once. */
  async resend(em: EntityManager, command: ClaimedCommand, keyNumber: number): Promise<boolean> {
    return this.hold(em, command, `state = 'QUEUED', key_number = $3, ${ATTEMPTED}, ${dueIn('0')}`, [keyNumber]);
  }

  /** Nothing was done: it is due again in a moment. */
  async release(command: ClaimedCommand, seconds: number): Promise<void> {
    await this.hold(this.em.fork(), command, dueIn('$3'), [seconds]);
  }

  /** In how many milliseconds the next one is due that is not due yet; null = not soon. */
  async nextDueMs(connectionId: string): Promise<number | null> {
    const [row] = await sqlRows<{ ms: number | null }>(
      this.em.fork(),
      `select (extract(epoch from min(next_attempt_at) - now()) * 1000)::float8 as ms from sync_command
        where connection_id = $1 and next_attempt_at > now() and next_attempt_at < now() + make_interval(secs => ${SOON_SECONDS})`,
      [connectionId],
    );
    return row?.ms ?? null;
  }

  /** Connections with commands that are due: what a sweep wakes. */
  async connectionsWithWork(): Promise<string[]> {
    const rows = await sqlRows<{ id: string }>(
      this.em.fork(),
      `select s.id from stripe_connection s where s.status = 'CONNECTED' and exists (select 1 from sync_command c where c.connection_id = s.id and ${DUE})`,
    );
    return rows.map(({ id }) => id);
  }

  private async hold(em: EntityManager, { id, fence }: ClaimedCommand, change: string, parameters: readonly unknown[], condition = ''): Promise<boolean> {
    const written = await sqlWrite(
      em,
      `update sync_command set ${change} where id = $1 and fence = $2 and lease_until > now() and next_attempt_at is not null ${condition}`,
      [id, fence, ...parameters],
    );
    return written === 1;
  }
}

/** What was decided was decided for somebody: who became another user meanwhile is decided on anew. */
const SAME_USER = 'and user_key is not distinct from';
const ATTEMPTED = `attempts = attempts + 1`;
const ENDED = `ended_at = now(), next_attempt_at = null, owner = null, lease_until = null`;

/** With some chance in it, so that those that failed together do not come together again. */
function dueIn(seconds: string): string {
  return `next_attempt_at = now() + make_interval(secs => ${seconds}::float8 * (0.75 + random() / 2)), owner = null, lease_until = null`;
}
