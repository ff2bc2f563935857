import { Readiness } from '@app/database';
import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';

import { Public } from '../access/public.decorator.js';
import { Operation } from '../openapi/operation.decorator.js';

const liveness = z.object({ status: z.literal('ok') }).meta({ id: 'Liveness' });
const readiness = z.object({ status: z.literal('ready'), queue: z.enum(['available', 'away']) }).meta({ id: 'Readiness' });

@ApiTags('Health')
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get('live')
  @Public()
  @Operation({
    id: 'getLiveness',
    summary: 'Whether the process is up',
    description: 'Answers as long as the process can answer at all; asks neither the database nor Stripe. Needs no key.',
    ok: { status: 200, description: 'The process is up.', schema: liveness, example: { status: 'ok' } },
    isPublic: true,
  })
  live(): z.output<typeof liveness> {
    return { status: 'ok' };
  }

  @Get('ready')
  @Public()
  @Operation({
    id: 'getReadiness',
    summary: 'Whether the api can do its work',
    description:
      'PostgreSQL answers, and its tables and those of the queue are the ones that this version was made for. Otherwise `code` names the check that failed; the log tells more. Stripe is not asked: checks are answered while it is away. `queue` is `away` while a Redis given by `REDIS_URL` does not answer: the api accepts everything all the same, and what a worker has to do is done when Redis is back. Needs no key, as orchestrators have none.',
    ok: { status: 200, description: 'Send requests here.', schema: readiness, example: { status: 'ready', queue: 'available' } },
    errors: { 503: ['schema_behind', 'queue_schema_unfit'] },
    isPublic: true,
  })
  async ready(): Promise<z.output<typeof readiness>> {
    return { status: 'ready', ...(await this.readiness.assertReady()) };
  }
}
