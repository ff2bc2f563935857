import { sqlRows, sqlWrite, transactionWithRetry } from '@app/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Body, Controller, Module, Param, Post } from '@nestjs/common';
import { z } from 'zod';

import { Rules } from '../../apps/api/src/access/operation-rules.decorator.js';

const step = z.enum(['WAIT', 'WRITE', 'WRITE_OUTSIDE', 'READ', 'FAULT', 'ROLL_BACK_ONCE', 'REFUSE_IN_TRANSACTION']);
const steps = z.strictObject({ steps: z.array(step) });

/** What a test holds back, and what it waits for. */
export const gate = { arrived: Promise.withResolvers<void>(), open: Promise.withResolvers<void>() };

export function resetGate(): void {
  gate.arrived = Promise.withResolvers();
  gate.open = Promise.withResolvers();
}

/** A changing operation that does just what it is told, in the order it is told. */
@Controller('v1/probes')
class ChangingProbeController {
  constructor(private readonly em: EntityManager) {}

  @Post()
  @Rules({ id: 'runProbe' })
  async run(@Body({ schema: steps }) input: z.output<typeof steps>) {
    for (const each of input.steps) {
      await this.take(each);
    }
    return { done: input.steps.length, at: process.hrtime.bigint().toString() };
  }

  @Post(':id/required')
  @Rules({ id: 'runRequired', idempotency: 'required' })
  required(@Param('id', { schema: z.string() }) id: string) {
    return { id, at: process.hrtime.bigint().toString() };
  }

  private async take(each: z.output<typeof step>): Promise<void> {
    const work: Record<typeof each, () => Promise<unknown>> = {
      WAIT: () => {
        gate.arrived.resolve();
        return gate.open.promise;
      },
      WRITE: () => transactionWithRetry(this.em, (em) => write(em)),
      WRITE_OUTSIDE: () => write(this.em),
      READ: () => transactionWithRetry(this.em, (em) => sqlRows(em, 'select 1')),
      FAULT: () => Promise.reject(new TypeError('a bug')),
      ROLL_BACK_ONCE: () => this.collideOnce(),
      REFUSE_IN_TRANSACTION: () => transactionWithRetry(this.em, (em) => write(em).then(() => sqlRows(em, 'select 1 / 0'))),
    };
    await work[each]();
  }

  /** As a deadlock does: the first attempt is rolled back, the second commits. */
  private async collideOnce(): Promise<void> {
    let attempts = 0;
    await transactionWithRetry(this.em, async (em) => {
      attempts += 1;
      await write(em);
      // In a transaction of its own inside, which must not be taken for the whole one.
      await em.transactional((inner) => write(inner));
      await sqlRows(em, `do $$ begin if ${attempts} = 1 then raise exception using errcode = '40P01'; end if; end $$`);
    });
  }
}

function write(em: EntityManager): Promise<number> {
  return sqlWrite(em, `insert into feature (id, name, type, metadata, created_at, updated_at) values ('probe-' || gen_random_uuid(), 'x', 'BINARY', '{}', now(), now())`);
}

@Module({ controllers: [ChangingProbeController] })
export class ChangingProbeModule {}
