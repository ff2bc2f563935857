import { Metrics, PoolMetrics } from '@app/common';
import { Controller, Get, Header } from '@nestjs/common';
import { ApiProduces, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';

import { Public } from '../access/public.decorator.js';
import { Operation } from '../openapi/operation.decorator.js';
import { LedgerMetrics } from './ledger-metrics.js';

const metricsText = z.string().meta({ id: 'MetricsText', description: 'Prometheus text format, version 0.0.4.' });

@ApiTags('Health')
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly ledgers: LedgerMetrics,
    private readonly pools: PoolMetrics,
  ) {}

  @Get()
  @ApiProduces('text/plain')
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  @Operation({
    id: 'getMetrics',
    summary: 'Figures for Prometheus',
    description:
      'Requests, entitlement checks, calls of Stripe and connections of this process; import runs, lag and open issues of the whole deployment. Holds no ids. During development on this machine alone it needs no key.',
    ok: {
      status: 200,
      description: 'The figures.',
      schema: metricsText,
      example: '# TYPE kana_import_runs gauge\nkana_import_runs{status="COMPLETED"} 3\n',
    },
  })
  async read(): Promise<string> {
    await Promise.all([this.ledgers.refresh(), this.pools.refresh()]);
    return this.metrics.text();
  }
}

/** The same, open: for development, where nobody else can reach it. */
@Public()
@Controller('metrics')
export class OpenMetricsController extends MetricsController {}
