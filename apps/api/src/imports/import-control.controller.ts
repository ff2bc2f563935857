import { Doorbell } from '@app/common';
import { ImportControlService } from '@app/sync';
import { Body, Controller, Param, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { callerId } from '../http/schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import { type ImportChange, importChange, type ImportDto, importExample, importSchema, pausedImportExample, toImport } from './import.dto.js';

@ApiTags('Imports')
@Controller('v1/stripe/imports')
export class ImportControlController {
  constructor(
    private readonly control: ImportControlService,
    private readonly doorbell: Doorbell,
  ) {}

  @Patch(':id')
  @Operation({
    id: 'changeImport',
    summary: 'Throttle an import',
    description: 'Lets the import take less of Stripe’s limits than its connection may, over all workers together and within a second or two. What events need is not slowed down.',
    bodyExample: { requestSharePercent: 30 },
    ok: { status: 200, description: 'The run.', schema: importSchema, example: { ...importExample, status: 'RUNNING', requestSharePercent: 30, progress: { percent: 41, perSecond: 310.4, etaSeconds: 160, budgetShare: 30 }, finishedAt: null } },
    errors: { 404: ['import_not_found'], 409: ['import_over', 'import_required'] },
  })
  async change(@Param('id', { schema: callerId }) id: string, @Body({ schema: importChange }) { requestSharePercent }: ImportChange): Promise<ImportDto> {
    return toImport(await this.control.throttle(id, requestSharePercent));
  }

  @Post(':id/pause')
  @Operation({
    id: 'pauseImport',
    summary: 'Pause an import',
    description: 'Once this is answered the import writes nothing more until it is resumed; what it has carried over stays. Events go on being carried over. To pause a paused one changes nothing. Another import or a reconciliation that is asked for meanwhile cancels it.',
    ok: { status: 200, description: 'The run, paused.', schema: importSchema, example: pausedImportExample },
    errors: { 404: ['import_not_found'], 409: ['import_over', 'import_required'] },
  })
  async pause(@Param('id', { schema: callerId }) id: string): Promise<ImportDto> {
    return toImport(await this.control.pause(id));
  }

  @Post(':id/resume')
  @Operation({
    id: 'resumeImport',
    summary: 'Resume a paused import',
    description: 'It goes on where it was: what it has read is not read again.',
    ok: { status: 200, description: 'The run, waiting for a worker.', schema: importSchema, example: { ...pausedImportExample, status: 'QUEUED', pausedAt: null } },
    errors: { 404: ['import_not_found'], 409: ['import_not_paused', 'import_over', 'import_running', 'reconciliation_running'] },
  })
  async resume(@Param('id', { schema: callerId }) id: string): Promise<ImportDto> {
    const view = await this.control.resume(id);
    await this.doorbell.tryToRing('imports', { connectionId: view.run.connectionId });
    return toImport(view);
  }

  @Post(':id/cancel')
  @Operation({
    id: 'cancelImport',
    summary: 'Cancel an import',
    description: 'Ends it for good, an import or a dry run, running or paused; what it has carried over stays. To cancel a cancelled one changes nothing.',
    ok: { status: 200, description: 'The run, cancelled.', schema: importSchema, example: { ...importExample, status: 'CANCELLED', progress: { percent: null, perSecond: 480.5, etaSeconds: null, budgetShare: null } } },
    errors: { 404: ['import_not_found'], 409: ['import_over'] },
  })
  async cancel(@Param('id', { schema: callerId }) id: string): Promise<ImportDto> {
    return toImport(await this.control.cancel(id));
  }
}
