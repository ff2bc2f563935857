import { transactionWithRetry } from '@app/common';
import { MappingRuleService, type WantedRule } from '@app/mapping';
import { MapPricesService } from '@app/subscriptions';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { ConversionDesk } from '../conversions/conversion-desk.js';
import { type RuleMadeDto, toMappingRule } from './mapping-rule.dto.js';

/** Makes a standing rule and, where that is wanted, applies it to the prices seen before (rule M7a). */
@Injectable()
export class MappingRuleDesk {
  constructor(
    private readonly em: EntityManager,
    private readonly rules: MappingRuleService,
    private readonly mappings: MapPricesService,
    private readonly desk: ConversionDesk,
  ) {}

  async create(connectionId: string, wanted: WantedRule, applyToExisting: boolean): Promise<RuleMadeDto> {
    const { rule, mapped } = await transactionWithRetry(this.em, async (em) => {
      const made = await this.rules.createIn(em, connectionId, wanted);
      const priceIds = applyToExisting ? await this.rules.unmapped(em, made) : [];
      const mappings = priceIds.map((priceId) => ({ priceId, packageId: made.packageId }));
      return { rule: made, mapped: await this.mappings.mapIn(em, connectionId, mappings, { mappedBy: 'RULE', pointerOf: () => '/applyToExisting' }) };
    });
    return { ...toMappingRule(rule), mapped, converted: await this.desk.afterMapping(connectionId, mapped) };
  }
}
