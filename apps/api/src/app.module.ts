import { type Clock, CommonModule, type Env, LoggingModule, MetricsModule, QueuesModule } from '@app/common';
import { ormConfig } from '@app/database';
import { MikroOrmModule } from '@mikro-orm/nestjs';
import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { AccessApiModule } from './access/access-api.module.js';
import { ApiKeysApiModule } from './api-keys/api-keys-api.module.js';
import { CatalogApiModule } from './catalog/catalog-api.module.js';
import { CommandsApiModule } from './commands/commands-api.module.js';
import { ConnectionsApiModule } from './connections/connections-api.module.js';
import { EntitlementsApiModule } from './entitlements/entitlements-api.module.js';
import { HealthApiModule } from './health/health-api.module.js';
import { HttpModule } from './http/http.module.js';
import { ImportsApiModule } from './imports/imports-api.module.js';
import { IssuesApiModule } from './issues/issues-api.module.js';
import { MappingRulesApiModule } from './mapping-rules/mapping-rules-api.module.js';
import { MetricsApiModule } from './metrics/metrics-api.module.js';
import { OwnershipApiModule } from './ownership/ownership-api.module.js';
import { PricesApiModule } from './prices/prices-api.module.js';
import { ReconciliationsApiModule } from './reconciliations/reconciliations-api.module.js';
import { SubscriptionsApiModule } from './subscriptions/subscriptions-api.module.js';
import { SyncApiModule } from './sync/sync-api.module.js';
import { SystemApiModule } from './system/system-api.module.js';
import { UsageApiModule } from './usage/usage-api.module.js';
import { UsersApiModule } from './users/users-api.module.js';
import { WebhooksApiModule } from './webhooks/webhooks-api.module.js';

/** One module per folder of operations. */
const features = [
  ApiKeysApiModule,
  CatalogApiModule,
  CommandsApiModule,
  ConnectionsApiModule,
  EntitlementsApiModule,
  HealthApiModule,
  ImportsApiModule,
  IssuesApiModule,
  MappingRulesApiModule,
  OwnershipApiModule,
  PricesApiModule,
  ReconciliationsApiModule,
  SubscriptionsApiModule,
  SyncApiModule,
  SystemApiModule,
  UsageApiModule,
  UsersApiModule,
  WebhooksApiModule,
];

@Module({})
export class ApiModule {
  /** @param replaced a clock of the tests' own, and modules beyond the api's */
  static forRoot(env: Env, databaseUrl: string, replaced: { clock?: Clock; modules?: readonly Type[] }): DynamicModule {
    return {
      module: ApiModule,
      imports: [
        LoggingModule.forRoot(env),
        CommonModule.forRoot(env, replaced.clock),
        // The request context is opened by a hook (http/request-hooks.ts).
        MikroOrmModule.forRoot({ ...ormConfig(databaseUrl), registerRequestContext: false }),
        QueuesModule.forRoot(databaseUrl, env),
        MetricsModule,
        HttpModule,
        AccessApiModule,
        ...features,
        MetricsApiModule.forRoot(env),
        ...(replaced.modules ?? []),
      ],
    };
  }
}
