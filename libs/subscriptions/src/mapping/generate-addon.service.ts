import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { type FeatureInput, FeatureService, type PackageFeatureInput, PackageLifecycleService, PackageService } from '@app/catalog';
import { Clock, KanaError, sqlRows, transactionWithRetry } from '@app/common';

import { MapPricesService, pointerOfOne, priceNotFound } from './map-prices.service.js';

/** The add-on to make from a price. */
export interface WantedAddon {
  readonly packageId: string;
  /** The Stripe product's name when left out. */
  readonly name?: string;
  /** The one feature: picked by id, or created with the add-on. */
  readonly feature: { readonly id: string } | { readonly create: FeatureInput };
  /** How the feature stands in the add-on. */
  readonly terms: Omit<PackageFeatureInput, 'featureId'>;
}

/**
 * Makes an add-on package that holds one feature, publishes it and maps the price to it (rule M3, "prices as
 * features"): one act, all or nothing. The add-on needs no base package (rule C2).
 */
@Injectable()
export class GenerateAddonService {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly mappings: MapPricesService,
  ) {}

  /** @throws KanaError price_not_found, price_mapped, and what creating, publishing and mapping throw */
  async generate(connectionId: string, priceId: string, wanted: WantedAddon): Promise<void> {
    await transactionWithRetry(this.em, async (em) => {
      const productName = await requireUnmapped(em, connectionId, priceId);
      const featureId = await this.featureOf(em, wanted);
      await new PackageService(em, this.clock).create({
        id: wanted.packageId,
        name: wanted.name ?? productName,
        isAddon: true,
        requiresBase: false,
        features: [{ featureId, ...wanted.terms }],
      });
      await em.flush();
      await new PackageLifecycleService(em, this.clock).publish(wanted.packageId);
      await em.flush();
      await this.mappings.mapIn(em, connectionId, [{ priceId, packageId: wanted.packageId }], { mappedBy: 'GENERATED', pointerOf: pointerOfOne });
    });
  }

  private async featureOf(em: EntityManager, { feature }: WantedAddon): Promise<string> {
    if ('id' in feature) {
      return feature.id;
    }
    const created = await new FeatureService(em, this.clock).create(feature.create);
    await em.flush();
    return created.id;
  }
}

/** Gives the product's name. */
async function requireUnmapped(em: EntityManager, connectionId: string, priceId: string): Promise<string> {
  const [price] = await sqlRows<{ product_name: string; package_id: string | null }>(
    em,
    `select coalesce(d.name, p.product_id) as product_name, m.package_id
       from stripe_price p
       left join stripe_product d on d.connection_id = p.connection_id and d.id = p.product_id
       left join price_mapping m on m.connection_id = p.connection_id and m.price_id = p.id
      where p.connection_id = $1 and p.id = $2`,
    [connectionId, priceId],
  );
  if (price === undefined) {
    throw priceNotFound(priceId);
  }
  if (price.package_id !== null) {
    throw new KanaError('CONFLICT', 'price_mapped', `Price ${priceId} is mapped to package ${price.package_id} already.`);
  }
  return price.product_name;
}
