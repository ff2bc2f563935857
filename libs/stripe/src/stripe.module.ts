import { Module } from '@nestjs/common';

import { StripeCallMetrics } from './client/stripe-call-metrics.js';
import { StripeReaders } from './client/stripe-readers.js';
import { ConnectionService } from './connections/connection.service.js';

@Module({ providers: [ConnectionService, StripeReaders, StripeCallMetrics], exports: [ConnectionService, StripeReaders] })
export class StripeModule {}
