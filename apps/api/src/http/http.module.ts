import { Module } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';

import { ProblemFilter } from './problem.filter.js';
import { RequestValidationPipe } from './request-validation.pipe.js';
import { UnaskedBodyInterceptor } from './unasked-body.interceptor.js';

/** What every operation shares: its input is checked, its errors are problem documents. */
@Module({
  providers: [
    { provide: APP_PIPE, useClass: RequestValidationPipe },
    { provide: APP_INTERCEPTOR, useClass: UnaskedBodyInterceptor },
    { provide: APP_FILTER, useClass: ProblemFilter },
  ],
})
export class HttpModule {}
