import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { Clock, transactionWithRetry } from '@app/common';
import type { CustomerPage } from '@app/stripe';
import { PageApplier } from '@app/subscriptions';

import type { PageContext } from './page-handler.js';
import { PageRecorder } from './page-recorder.js';
import type { RangeStep } from './range.types.js';

export type ListedCustomers = CustomerPage & { readonly listed: CustomerPage['customers'] };

/** Carries over one page of customers without a subscription, where the connection wants them all (rule U1). */
@Injectable()
export class CustomerPageHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly applier: PageApplier,
    private readonly recorder: PageRecorder,
  ) {}

  /** Applies the page and moves the range on, both or neither. */
  async handle({ run, connection, range }: PageContext, page: ListedCustomers, step: RangeStep): Promise<void> {
    await transactionWithRetry(this.em, async (em) => {
      const applied = await this.applier.applyCustomers(em, {
        connectionId: connection.id,
        emailMatch: connection.settings.emailMatch,
        customers: page.customers,
        span: page.span,
        reconciles: run.kind === 'RECONCILIATION',
        at: this.clock.now(),
      });
      await this.recorder.record(em, { run, range }, applied);
      await this.recorder.advance(em, run, range, page, step);
    });
  }
}
