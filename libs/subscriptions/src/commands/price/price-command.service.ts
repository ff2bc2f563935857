import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';

import { transactionWithRetry } from '@app/common';
import type { CreatedObject } from '@app/stripe';
import { type ClaimedCommand, type CommandFacts, type CommandKind, CommandOutbox } from '@app/sync';

import { MapPricesService } from '../../mapping/map-prices.service.js';
import type { Appended, Asking, CommandFamily } from '../command-family.js';
import { commandRefused, type RefusalPointers } from '../command.errors.js';
import type { CommandVerdict } from '../command.types.js';
import type { AskedPrice } from './new-price.types.js';
import { loadPriceGround, lockPackage } from './price-ground.queries.js';
import { resolveNewPrice } from './resolve-new-price.js';

/** The package is named by the path. */
const POINTERS: RefusalPointers = {
  currency_unknown: '/currency',
  amount_not_payable: '/amount',
  interval_too_long: '/intervalCount',
  product_not_found: '/productId',
  product_deleted: '/productId',
  product_ambiguous: '/productId',
  product_ruled: '/productId',
};

/** Has Stripe make prices for packages, and maps them in the same act (rule M10). */
@Injectable()
export class PriceCommandService implements CommandFamily {
  readonly kinds: readonly CommandKind[] = ['CREATE_PRICE'];
  private readonly logger = new Logger(PriceCommandService.name);

  constructor(
    private readonly em: EntityManager,
    private readonly outbox: CommandOutbox,
    private readonly mappings: MapPricesService,
  ) {}

  /**
   * The package has the price once Stripe has made it.
   *
   * @param askedBy the API key
   * @throws KanaError with a code of `CommandRefusal`
   */
  async ask(connectionId: string, asked: AskedPrice, askedBy: string): Promise<Appended> {
    return transactionWithRetry(this.em, (em) => this.append(em, connectionId, { asked, asking: { askedBy } }));
  }

  askAgain(em: EntityManager, failed: CommandFacts, asking: Asking): Promise<Appended> {
    return this.append(em, failed.connectionId, { asked: askedOf(failed), asking });
  }

  /** Once more, as the price before it may have brought the product that this one is of, too. */
  async resolve(command: ClaimedCommand): Promise<CommandVerdict> {
    const asked = askedOf(command);
    return resolveNewPrice(asked, await loadPriceGround(this.em.fork(), command.connectionId, asked));
  }

  async follow(em: EntityManager, command: ClaimedCommand, { id: priceId }: CreatedObject): Promise<void> {
    const { packageId } = askedOf(command);
    const isMapped = await this.mappings.mapMade(em, command.connectionId, { priceId, packageId });
    if (!isMapped) {
      this.logger.warn({ commandId: command.id, priceId }, 'A price was made for a package and is not mapped to it: somebody has decided otherwise meanwhile');
    }
  }

  private async append(em: EntityManager, connectionId: string, { asked, asking }: { readonly asked: AskedPrice; readonly asking: Asking }): Promise<Appended> {
    await lockPackage(em, asked.packageId);
    const verdict = resolveNewPrice(asked, await loadPriceGround(em, connectionId, asked));
    if (verdict.kind === 'REFUSED') {
      throw commandRefused(verdict, POINTERS);
    }
    const id = await this.outbox.append(em, { connectionId, kind: 'CREATE_PRICE', subject: { type: 'PACKAGE', id: asked.packageId }, userKey: null, asked, ...asking });
    return { id, connectionId };
  }
}

/** The ledger keeps what was asked for by its kind, as `append` has written it. */
function askedOf({ asked }: Pick<CommandFacts, 'asked'>): AskedPrice {
  return asked as unknown as AskedPrice;
}
