import { GenerateAddonService } from '@app/subscriptions';
import { Injectable } from '@nestjs/common';

import { ConversionDesk } from '../conversions/conversion-desk.js';
import type { AddonInput, MappedDto } from './price.dto.js';
import { PriceQueries } from './price.queries.js';

/** Makes an add-on from a price and converts what waits on it. */
@Injectable()
export class AddonDesk {
  constructor(
    private readonly addons: GenerateAddonService,
    private readonly desk: ConversionDesk,
    private readonly prices: PriceQueries,
  ) {}

  async generate(connectionId: string, priceId: string, { packageId, name, feature, ...terms }: AddonInput): Promise<MappedDto> {
    await this.addons.generate(connectionId, priceId, { packageId, name, feature, terms });
    const converted = await this.desk.afterMapping(connectionId, [priceId]);
    return { price: await this.prices.get(connectionId, priceId), converted };
  }
}
