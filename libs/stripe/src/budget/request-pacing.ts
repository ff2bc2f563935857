import { Injectable } from '@nestjs/common';

import type { StripeConnection } from '../connections/stripe-connection.entity.js';
import type { Pacer } from './paced-http-client.js';
import { RequestBudgets } from './request-budget.service.js';
import { RequestGate } from './request-gate.js';
import { type RequestRates, resolveRates } from './resolve-rates.js';
import type { SlotRequest } from './resolve-slot.js';

/** The share of Stripe's limits that an import keeps itself to, as it is now; null = its connection's. */
export interface Throttle {
  sharePercent: number | null;
}

/** Paces this process's requests of each connection by the budget that all processes share. */
@Injectable()
export class RequestPacing {
  private readonly gates = new Map<string, RequestGate>();

  constructor(private readonly budgets: RequestBudgets) {}

  /**
   * @param signal ends the wait for a turn, as when a worker stops
   * @param throttle is looked at for each request anew
   */
  of({ id, mode, settings }: StripeConnection, priority: SlotRequest['priority'], signal?: AbortSignal, throttle?: Throttle): Pacer {
    const rates = resolveRates(mode, settings);
    const within = (): RequestRates | undefined => {
      const share = throttle?.sharePercent ?? null;
      return share === null || share >= settings.requestSharePercent ? undefined : resolveRates(mode, { ...settings, requestSharePercent: share });
    };
    const gate = this.gates.get(id) ?? new RequestGate();
    this.gates.set(id, gate);
    return {
      pass: async (endpoint) => {
        if (rates.all > 0 || rates.endpoint > 0) {
          await gate.pass({ endpoint, priority }, (request) => this.budgets.take(id, { ...request, within: within() }, rates), signal);
        }
      },
      refused: (endpoint, reason) => this.budgets.lower(id, endpoint, reason),
    };
  }
}
