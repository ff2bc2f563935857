import { defineEntity, p } from '@mikro-orm/core';

import type { BudgetState } from './resolve-slot.js';

const budgetSchema = defineEntity({
  name: 'RequestBudget',
  tableName: 'request_budget',
  properties: {
    connectionId: p.text().primary(),
    state: p.json<BudgetState>(),
  },
});

/** When a connection's next requests may leave (rule Y8). One row, which every process takes in turn. */
export class RequestBudget extends budgetSchema.class {}
budgetSchema.setClass(RequestBudget);
