import { Module } from '@nestjs/common';

import { ApiKeyLifecycleService } from './api-key-lifecycle.service.js';
import { ApiKeyService } from './api-key.service.js';
import { IdempotencyLedger } from './idempotency-ledger.js';

const services = [ApiKeyService, ApiKeyLifecycleService, IdempotencyLedger];

@Module({ providers: services, exports: services })
export class AccessModule {}
