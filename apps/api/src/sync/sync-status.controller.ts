import { StreamQueries } from '@app/sync';
import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { Operation } from '../openapi/operation.decorator.js';
import { type StatusDto, statusExample, statusList, toStatus } from './sync-status.dto.js';

@ApiTags('Sync')
@Controller('v1/sync/status')
export class SyncStatusController {
  constructor(private readonly streams: StreamQueries) {}

  @Get()
  @Operation({
    id: 'getSyncStatus',
    summary: 'How the accounts are in step',
    description: 'Per connection: up to when nothing is missing, what is still to be settled, and what keeps it live.',
    ok: { status: 200, description: 'All connections, oldest first.', schema: statusList, example: { data: [statusExample] } },
  })
  async get(): Promise<{ data: StatusDto[] }> {
    return { data: (await this.streams.status()).map(toStatus) };
  }
}
