import { Injectable } from '@nestjs/common';
import type { Counter } from 'prom-client';

import { Metrics } from '@app/common';
import type { DriftCounts } from '@app/sync';

/** Who noticed that Kana differed from Stripe. */
type FoundBy = 'reconciliation' | 'sample';

/** Counts what was found to differ from Stripe although nobody had told. */
@Injectable()
export class DriftMetrics {
  private readonly fields: Counter<'kind' | 'found_by'>;
  private readonly samples: Counter;

  constructor(metrics: Metrics) {
    this.fields = metrics.counter({ name: 'drift_total', help: 'Fields found to differ from Stripe, by kind and by who found them.', labels: ['kind', 'found_by'] });
    this.samples = metrics.counter({ name: 'drift_samples_total', help: 'Subscriptions read from Stripe between reconciliations, to see whether they differ.' });
  }

  count(foundBy: FoundBy, byKind: DriftCounts['byKind']): void {
    Object.entries(byKind).forEach(([kind, fields]) => this.fields.inc({ kind, found_by: foundBy }, fields));
  }

  countSamples(samples: number): void {
    this.samples.inc(samples);
  }
}
