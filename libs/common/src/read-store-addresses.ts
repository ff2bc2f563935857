import type { z } from 'zod';

import { urlOf, wrong } from './env-problem.js';

export function readDatabaseUrl(value: string | undefined, context: z.RefinementCtx): string | undefined {
  const isRight = value === undefined || (/^postgres(ql)?:$/.test(urlOf(value)?.protocol ?? '') && urlOf(value)?.host !== '');
  return isRight ? value : wrong(context, 'must look like postgresql://user:password@host:5432/database; leave it out for the embedded PostgreSQL');
}

export function readRedisUrl(value: string | undefined, context: z.RefinementCtx): string | undefined {
  const url = urlOf(value ?? '');
  const isRight = url !== undefined && /^rediss?:$/.test(url.protocol) && url.hostname !== '' && /^\/?\d{0,4}$/.test(url.pathname) && `${url.search}${url.hash}` === '';
  return value === undefined || isRight
    ? value
    : wrong(context, 'must look like redis://user:password@host:6379/0, or rediss:// for TLS; leave it out and the queues are in PostgreSQL');
}
