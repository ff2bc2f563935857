import { MikroOrmModule } from '@mikro-orm/nestjs';
import { type DynamicModule, Module } from '@nestjs/common';

import { type Clock, CommonModule, type Env, LogContext, Metrics } from '@app/common';
import { ormConfig } from '@app/database';
import { SubscriptionsModule } from '@app/subscriptions';

import { IMPORT_PROVIDERS } from '../imports/import-providers.js';

/** What an import of a copy shares with the process that it runs in. */
export interface Surroundings {
  readonly env: Env;
  readonly databaseUrl: string;
  readonly clock: Clock;
  readonly logs: LogContext;
}

/** What belongs to the process: the copy's measurements are its own, and nobody asks for them. */
@Module({})
class SurroundingsModule {
  static of({ logs }: Surroundings): DynamicModule {
    return { module: SurroundingsModule, global: true, providers: [Metrics, { provide: LogContext, useValue: logs }], exports: [Metrics, LogContext] };
  }
}

/**
 * The import, as the worker runs it, on the tables of one schema and no others: what is asked of a table that is not in there
 * fails. There are no queues and no sweeps, so that nothing leaves it but requests to Stripe.
 */
@Module({})
export class CopyModule {
  static of(schema: string, surroundings: Surroundings): DynamicModule {
    const { env, databaseUrl, clock } = surroundings;
    return {
      module: CopyModule,
      imports: [
        CommonModule.forRoot(env, clock),
        SurroundingsModule.of(surroundings),
        MikroOrmModule.forRoot({ ...ormConfig(databaseUrl, {}, { schema, keepsStatements: true }), registerRequestContext: false, allowGlobalContext: true }),
        SubscriptionsModule,
      ],
      providers: IMPORT_PROVIDERS,
    };
  }
}
