import { Metrics } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { Histogram } from 'prom-client';

const MILLISECONDS = 1000;

/** How long pages of an import take to be written. */
@Injectable()
export class PageMetrics {
  private readonly seconds: Histogram;

  constructor(metrics: Metrics) {
    this.seconds = metrics.histogram({ name: 'import_page_duration_seconds', help: 'Writing one page of an import, in its one transaction; reading it from Stripe not included.' });
  }

  /** Measures work that succeeds; a page that fails is written again, and counted then. */
  async measure<Result>(work: () => Promise<Result>): Promise<Result> {
    const started = performance.now();
    const result = await work();
    this.seconds.observe((performance.now() - started) / MILLISECONDS);
    return result;
  }
}
