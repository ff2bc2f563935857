import { AccessModule, ApiKeyService } from '@app/access';
import { ENV, type Env } from '@app/common';
import { Inject, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, DiscoveryModule } from '@nestjs/core';

import { AuditModule } from '../audit/audit.module.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { ChangingCallInterceptor } from './changing-call.interceptor.js';
import { OperationCatalog } from './operation-catalog.js';
import { RequestLimits } from './request-limits.js';

/**
 * Closes every operation, lets each change take effect once and leave its record, and makes the admin key of the
 * settings, where there is one, a key that opens.
 */
@Module({
  imports: [AccessModule, AuditModule, DiscoveryModule],
  providers: [
    OperationCatalog,
    RequestLimits,
    { provide: APP_GUARD, useClass: ApiKeyGuard },
    { provide: APP_INTERCEPTOR, useClass: ChangingCallInterceptor },
  ],
  exports: [RequestLimits],
})
export class AccessApiModule implements OnApplicationBootstrap {
  constructor(
    private readonly keys: ApiKeyService,
    @Inject(ENV) private readonly env: Env,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (this.env.kanaAdminKey !== undefined) {
      await this.keys.ensureBootstrapKey(this.env.kanaAdminKey);
    }
  }
}
