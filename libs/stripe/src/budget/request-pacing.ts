import { Injectable } from '@nestjs/common';

import type { StripeConnection } from '../connections/stripe-connection.entity.js';
import type { Pacer } from './paced-http-client.js';
import { RequestBudgets } from './request-budget.service.js';
import { RequestGate } from './request-gate.js';
import { resolveRates } from './resolve-rates.js';
import type { SlotRequest } from './resolve-slot.js';

/** Paces this process's requests of each connection by the budget that all processes share. */
@Injectable()
export class RequestPacing {
  private readonly gates = new Map<string, RequestGate>();

  constructor(private readonly budgets: RequestBudgets) {}

  /** @param signal ends the wait for a turn, as when a worker stops */
  of({ id, mode, settings }: StripeConnection, priority: SlotRequest['priority'], signal?: AbortSignal): Pacer {
    const rates = resolveRates(mode, settings);
    const gate = this.gates.get(id) ?? new RequestGate();
    this.gates.set(id, gate);
    return {
      pass: async (endpoint) => {
        if (rates.all > 0 || rates.endpoint > 0) {
          await gate.pass({ endpoint, priority }, (request) => this.budgets.take(id, request, rates), signal);
        }
      },
      refused: (endpoint, reason) => this.budgets.lower(id, endpoint, reason),
    };
  }
}
