import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { Operation } from '../openapi/operation.decorator.js';
import { checkHealth } from './check-health.js';
import { examination, type ExaminationDto, examinationExample } from './doctor.dto.js';
import { Examination } from './examination.js';

@ApiTags('System')
@Controller('v1/system/doctor')
export class DoctorController {
  constructor(private readonly examination: Examination) {}

  @Get()
  @Operation({
    id: 'examineSystem',
    scope: 'admin',
    summary: 'Find out what is wrong',
    description:
      'Looks at the schema, the queue, the workers, the clocks of api, workers, database and Stripe; and of each connected account at the rights of its key and at its webhook endpoint (both asked of Stripe anew), polls, events, gaps and issues. Each finding has its cure. Changes nothing. What the endpoint lacks is put right by `POST /v1/stripe/connections/{id}/check`. Takes as long as Stripe does, 30 s at most.',
    ok: { status: 200, description: 'Everything that was looked at: the deployment first, then account by account.', schema: examination, example: examinationExample },
  })
  async get(): Promise<ExaminationDto> {
    return { findings: checkHealth(await this.examination.facts()) };
  }
}
