import { Module } from '@nestjs/common';

import { StripeReaders } from './client/stripe-readers.js';
import { ConnectionService } from './connections/connection.service.js';

@Module({ providers: [ConnectionService, StripeReaders], exports: [ConnectionService, StripeReaders] })
export class StripeModule {}
