import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';

import { transactionWithRetry } from '@app/common';
import { StripeCallError } from '@app/stripe';
import { findUnknown } from '@app/subscriptions';
import { AsideLedger, ImportLedger } from '@app/sync';

import type { RangeContext } from '../imports/range.types.js';

/** Looks for what lives under Stripe's test clocks, which is in no plain list. What Kana knows of it is unmet anyway, and read. */
@Injectable()
export class TestClocks {
  private readonly logger = new Logger(TestClocks.name);

  constructor(
    private readonly em: EntityManager,
    private readonly ledger: ImportLedger,
    private readonly aside: AsideLedger,
  ) {}

  /** Puts aside what is new to Kana. A key that may not list test clocks goes without: the right is not asked of it. */
  async putAside({ run, connection, reader }: RangeContext): Promise<void> {
    if (connection.mode !== 'TEST') {
      return;
    }
    try {
      for await (const ids of reader.subscriptionsUnderTestClocks()) {
        await transactionWithRetry(this.em, async (em) => {
          await this.ledger.renew(em, run);
          const unknown = await findUnknown(em, connection.id, ids);
          await this.aside.add(em, run.id, unknown.map((id) => ({ object: { type: 'SUBSCRIPTION', id }, reason: 'TEST_CLOCK' })));
        });
      }
    } catch (error) {
      if (!isRefusal(error)) {
        throw error;
      }
      this.logger.log({ code: error.code }, 'Test clocks cannot be listed with this key; what is new under one is not looked for');
    }
  }
}

function isRefusal(error: unknown): error is StripeCallError {
  return error instanceof StripeCallError && (error.code === 'stripe_right_missing' || error.code === 'stripe_request_refused');
}
