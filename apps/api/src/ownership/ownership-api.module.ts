import { Module } from '@nestjs/common';

import { OwnershipController } from './ownership.controller.js';

@Module({ controllers: [OwnershipController] })
export class OwnershipApiModule {}
