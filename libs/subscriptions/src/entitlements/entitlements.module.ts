import { Module } from '@nestjs/common';

import { CatalogModule } from '@app/catalog';

import { EntitlementQueries } from './entitlement.queries.js';
import { EntitlementService } from './entitlement.service.js';
import { WhyQueries } from './why.queries.js';

/** Answers what users may use. Needs an `EntityManager` and a `Clock` from the app. */
@Module({ imports: [CatalogModule], providers: [EntitlementQueries, EntitlementService, WhyQueries], exports: [EntitlementService] })
export class EntitlementsModule {}
