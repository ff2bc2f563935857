import { Module } from '@nestjs/common';

import { RunProgress } from './run-progress.js';

@Module({ providers: [RunProgress], exports: [RunProgress] })
export class ProgressModule {}
