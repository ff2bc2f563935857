import { AccessModule, ApiKeyService } from '@app/access';
import { ENV, type Env } from '@app/common';
import { Inject, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';

import { ApiKeyGuard } from './api-key.guard.js';

/** Closes every operation, and makes the admin key of the settings, where there is one, the key that opens. */
@Module({
  imports: [AccessModule],
  providers: [{ provide: APP_GUARD, useClass: ApiKeyGuard }],
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
