import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { sqlRows, sqlWrite } from '@app/common';

import type { RequestRates } from './resolve-rates.js';
import { type BudgetState, lowerRate, resolveSlot, type SlotAnswer, type SlotRequest, UNUSED } from './resolve-slot.js';

/** Shares out the requests of a connection among all processes, through PostgreSQL and by its clock (rule Y8). */
@Injectable()
export class RequestBudgets {
  constructor(private readonly em: EntityManager) {}

  async take(connectionId: string, request: SlotRequest, rates: RequestRates): Promise<SlotAnswer> {
    return this.change(connectionId, (state, now) => {
      const { state: next, answer } = resolveSlot(state, request, rates, now);
      return { next, answer };
    });
  }

  async lower(connectionId: string, endpoint: string, reason: string | null): Promise<void> {
    await this.change(connectionId, (state, now) => ({ next: lowerRate(state, endpoint, reason, now), answer: undefined }));
  }

  private async change<Answer>(connectionId: string, decide: (state: BudgetState, now: number) => { next: BudgetState; answer: Answer }): Promise<Answer> {
    return this.em.fork().transactional(async (em) => {
      const { state, now } = await this.load(em, connectionId);
      const { next, answer } = decide(state, Number(now));
      if (next !== state) {
        await sqlWrite(em, `update request_budget set state = $2::jsonb where connection_id = $1`, [connectionId, JSON.stringify(next)]);
      }
      return answer;
    });
  }

  private async load(em: EntityManager, connectionId: string): Promise<{ state: BudgetState; now: string }> {
    const lock = `select state, extract(epoch from clock_timestamp()) * 1000 as now from request_budget where connection_id = $1 for update`;
    const [row] = await sqlRows<{ state: BudgetState; now: string }>(em, lock, [connectionId]);
    if (row !== undefined) {
      return row;
    }
    await sqlWrite(em, `insert into request_budget (connection_id, state) values ($1, $2::jsonb) on conflict do nothing`, [connectionId, JSON.stringify(UNUSED)]);
    return this.load(em, connectionId);
  }
}
