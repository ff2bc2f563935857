import { refused, sqlRows } from '@app/common';
import type { RunScope } from '@app/sync';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import type { ImportInput } from './import.dto.js';

const SECOND_MS = 1000;

/** Reads what an import is asked to restrict itself to. */
@Injectable()
export class ImportScopes {
  constructor(private readonly em: EntityManager) {}

  /**
   * Null where nothing is left out.
   *
   * @throws KanaError price_unknown
   */
  async resolve(connectionId: string, { scope }: ImportInput): Promise<RunScope | null> {
    const priceIds = scope?.priceIds === undefined ? undefined : [...new Set(scope.priceIds)];
    const resolved: RunScope = {
      ...(scope?.liveOnly === true ? { liveOnly: true } : {}),
      ...(scope?.createdSince === undefined ? {} : { createdSince: Math.ceil(Date.parse(scope.createdSince) / SECOND_MS) }),
      ...(priceIds === undefined ? {} : { priceIds }),
    };
    await this.demandKnown(connectionId, scope?.priceIds ?? []);
    return Object.keys(resolved).length === 0 ? null : resolved;
  }

  private async demandKnown(connectionId: string, priceIds: readonly string[]): Promise<void> {
    if (priceIds.length === 0) {
      return;
    }
    const rows = await sqlRows<{ id: string }>(this.em, `select id from stripe_price where connection_id = $1 and id = any($2)`, [connectionId, priceIds]);
    const known = new Set(rows.map(({ id }) => id));
    const pointers = priceIds.flatMap((id, index) => (known.has(id) ? [] : [{ pointer: `/scope/priceIds/${index}`, detail: 'is no price of this Stripe account that Kana has seen' }]));
    if (pointers.length > 0) {
      throw refused('price_unknown', 'An import can be restricted to prices that Kana has seen. See GET /v1/stripe/prices.', pointers);
    }
  }
}
