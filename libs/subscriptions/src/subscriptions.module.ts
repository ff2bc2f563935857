import { Module } from '@nestjs/common';

import { CustomersModule } from '@app/customers';
import { MappingModule } from '@app/mapping';
import { StripeModule } from '@app/stripe';
import { SyncModule } from '@app/sync';

import { SubscriptionApplier } from './applier/subscription.applier.js';
import { COMMAND_FAMILIES, type CommandFamily } from './commands/command-family.js';
import { CommandService } from './commands/command.service.js';
import { PriceCommandService } from './commands/price/price-command.service.js';
import { CustomerChangeService } from './commands/customer/customer-change.service.js';
import { SubscriptionCommandService } from './commands/subscription-command.service.js';
import { LinkCommandService } from './commands/link/link-command.service.js';
import { SubscribeCommandService } from './commands/subscribe/subscribe-command.service.js';
import { PreviewSeal } from './commands/preview/preview-seal.js';
import { ConversionService } from './conversion/conversion.service.js';
import { DryRunService } from './dry-run/dry-run.service.js';
import { IssueDeriver } from './issues/issue-deriver.js';
import { IssueImpactQueries } from './issues/issue-impact.queries.js';
import { PersonLinkService } from './linking/person-link.service.js';
import { ManualSubscriptionService } from './manual/manual-subscription.service.js';
import { GenerateAddonService } from './mapping/generate-addon.service.js';
import { MapPricesService } from './mapping/map-prices.service.js';
import { CatalogApplier } from './settling/catalog.applier.js';
import { ObjectSettler } from './settling/object-settler.service.js';
import { PageApplier } from './settling/page.applier.js';
import { ReadingApplier } from './settling/reading.applier.js';

const services = [
  SubscriptionApplier,
  ReadingApplier,
  ObjectSettler,
  PageApplier,
  CatalogApplier,
  ConversionService,
  DryRunService,
  IssueDeriver,
  PersonLinkService,
  IssueImpactQueries,
  MapPricesService,
  GenerateAddonService,
  ManualSubscriptionService,
  SubscriptionCommandService,
  SubscribeCommandService,
  LinkCommandService,
  PriceCommandService,
  CustomerChangeService,
  CommandService,
  PreviewSeal,
];

const families = {
  provide: COMMAND_FAMILIES,
  useFactory: (...each: CommandFamily[]) => each,
  inject: [SubscriptionCommandService, SubscribeCommandService, LinkCommandService, PriceCommandService, CustomerChangeService],
};

@Module({
  imports: [StripeModule, SyncModule, MappingModule, CustomersModule],
  providers: [...services, families],
  exports: [...services, StripeModule, SyncModule, MappingModule, CustomersModule],
})
export class SubscriptionsModule {}
