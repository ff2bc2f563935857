import { Module } from '@nestjs/common';

import { CatalogModule } from '@app/catalog';

import { UsageQueries } from '../usage/usage.queries.js';
import { EntitlementQueries } from './entitlement.queries.js';
import { EntitlementService } from './entitlement.service.js';
import { WhyQueries } from './why.queries.js';

/** Answers what users may use. Needs an `EntityManager` and a `Clock` from the app. */
@Module({
  imports: [CatalogModule],
  providers: [EntitlementQueries, EntitlementService, UsageQueries, WhyQueries],
  exports: [CatalogModule, EntitlementQueries, EntitlementService, UsageQueries],
})
export class EntitlementsModule {}
