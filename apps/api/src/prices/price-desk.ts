import { notFound, refused, sqlWrite, transactionWithRetry } from '@app/common';
import { PackageService } from '@app/catalog';
import { ConversionService, type Converted, MapPricesService, pointerOfOne, type WantedMapping } from '@app/subscriptions';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { ConversionDesk } from '../conversions/conversion-desk.js';
import type { AllMappedDto, MappedDto, PriceDto } from './price.dto.js';
import { PriceQueries } from './price.queries.js';

/** What is done to prices by a call: the change, then the conversion of what waits on it (rule M5). */
@Injectable()
export class PriceDesk {
  constructor(
    private readonly em: EntityManager,
    private readonly mappings: MapPricesService,
    private readonly conversions: ConversionService,
    private readonly packages: PackageService,
    private readonly prices: PriceQueries,
    private readonly desk: ConversionDesk,
  ) {}

  async map(connectionId: string, mappings: readonly WantedMapping[]): Promise<AllMappedDto> {
    const mapped = await this.mappings.map(connectionId, mappings);
    return { mapped, converted: await this.desk.afterMapping(connectionId, mapped) };
  }

  async mapOne(connectionId: string, mapping: WantedMapping): Promise<MappedDto> {
    const mapped = await this.mappings.map(connectionId, [mapping], pointerOfOne);
    const converted = await this.desk.afterMapping(connectionId, mapped);
    return { price: await this.prices.get(connectionId, mapping.priceId), converted };
  }

  async ignore(connectionId: string, priceId: string, reason: string | null): Promise<PriceDto> {
    await this.mappings.ignore(connectionId, priceId, reason);
    await this.desk.afterMapping(connectionId, [priceId]);
    return this.prices.get(connectionId, priceId);
  }

  /** Rule M3: what a subscription to this product stands for as a whole. */
  async nameBasePackage(connectionId: string, productId: string, packageId: string | null): Promise<Converted> {
    if (packageId !== null) {
      await this.requireBasePackage(packageId);
    }
    const changed = await transactionWithRetry(this.em, (em) =>
      sqlWrite(em, `update stripe_product set base_package_id = $3 where connection_id = $1 and id = $2`, [connectionId, productId, packageId]),
    );
    if (changed === 0) {
      throw notFound('product_not_found', `Stripe product ${productId} has not been seen. Read the prices or import first.`);
    }
    return this.conversions.convert(connectionId, { kind: 'LIVE' }, { kind: 'MAPPING', id: productId });
  }

  private async requireBasePackage(id: string): Promise<void> {
    const found = await this.packages.get(id);
    if (found.isAddon || found.status !== 'PUBLISHED') {
      throw refused('base_package_invalid', `Package ${id} must be a published base package.`, [{ pointer: '/basePackageId', detail: 'must be a published base package' }]);
    }
  }
}
