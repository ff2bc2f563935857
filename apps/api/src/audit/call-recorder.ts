import { IdempotencyLedger } from '@app/access';
import { conflict, sqlRows } from '@app/common';
import type { EventSubscriber, TransactionEventArgs } from '@mikro-orm/core';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, type OnModuleInit } from '@nestjs/common';

import { AuditLog } from './audit-log.js';
import { CallContext, type ChangingCall } from './call-context.js';

/**
 * Writes what a changing call leaves behind (its audit entry; that its idempotency key has taken effect) inside the first
 * transaction of the call that writes anything, just before it commits: the change and its record are stored together
 * or not at all, whatever the operation. Later transactions of the same call only follow from the first, e.g. the
 * conversion of what waits on a new mapping.
 */
@Injectable()
export class CallRecorder implements EventSubscriber, OnModuleInit {
  constructor(
    private readonly em: EntityManager,
    private readonly calls: CallContext,
    private readonly audit: AuditLog,
    private readonly idempotency: IdempotencyLedger,
  ) {}

  onModuleInit(): void {
    this.em.getEventManager().registerSubscriber(this);
  }

  async beforeTransactionCommit(event: TransactionEventArgs): Promise<void> {
    const call = this.calls.current();
    const transaction: unknown = event.transaction;
    if (call === undefined || call.recordedBy !== undefined || !isWhole(transaction)) {
      return;
    }
    call.recordedBy = transaction;
    const inside = this.em.fork();
    inside.setTransactionContext(transaction);
    const wrote = await hasWritten(inside);
    if (wrote) {
      await this.record(inside, call);
    } else {
      delete call.recordedBy;
    }
  }

  /** A transaction that is tried again records anew. */
  afterTransactionRollback({ transaction }: TransactionEventArgs): void {
    const call = this.calls.current();
    if (call !== undefined && call.recordedBy === transaction) {
      delete call.recordedBy;
    }
  }

  /** For calls that were accepted and had nothing to write, such as publishing what is published. */
  async recordUnlessDone(call: ChangingCall): Promise<void> {
    if (call.recordedBy === undefined) {
      call.recordedBy = call;
      await this.record(this.em.fork(), call);
    }
  }

  private async record(em: EntityManager, { note, hold }: ChangingCall): Promise<void> {
    if (hold !== null && !(await this.idempotency.markCommitted(em, hold))) {
      throw conflict('idempotency_in_flight', 'This call took so long that a second one with the same Idempotency-Key was let in. Nothing was changed by this one.');
    }
    if (note !== null) {
      await this.audit.write(em, note);
    }
  }
}

/** A savepoint is a part of a transaction, and may be taken back without it. */
function isWhole(transaction: unknown): transaction is object {
  return typeof transaction === 'object' && transaction !== null && !('savepointName' in transaction);
}

/** PostgreSQL gives a transaction an id with its first write. */
async function hasWritten(em: EntityManager): Promise<boolean> {
  const [row] = await sqlRows<{ wrote: boolean }>(em, 'select pg_current_xact_id_if_assigned() is not null as wrote');
  return row?.wrote ?? false;
}
