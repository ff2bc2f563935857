import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';

import { Public } from '../access/public.decorator.js';
import { Operation } from '../openapi/operation.decorator.js';

const liveness = z.object({ status: z.literal('ok') }).meta({ id: 'Liveness' });

@ApiTags('Health')
@Controller('health')
export class HealthController {
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
}
