import { StripeAccess } from '../events/event-drain.js';
import { PageMetrics } from '../health/page-metrics.js';
import { PriceReadingHandler } from '../prices/price-reading.handler.js';
import { AsideReader } from '../reconciliation/aside-reader.js';
import { DriftMetrics } from '../reconciliation/drift-metrics.js';
import { Reconciler } from '../reconciliation/reconciler.js';
import { RunFindings } from '../reconciliation/run-findings.js';
import { RunReport } from '../reconciliation/run-report.js';
import { TestClocks } from '../reconciliation/test-clocks.js';
import { CustomerPageHandler } from './customer-page-handler.js';
import { ImportRunner, ImportSteps } from './import-runner.js';
import { PageHandler } from './page-handler.js';
import { PageRecorder } from './page-recorder.js';
import { RangeCrew } from './range-crew.js';
import { RangeRunner } from './range-runner.js';
import { TableStatistics } from './table-statistics.js';

/** All that `ImportRunner` is made of beside the libs: what works by itself, by a queue or a clock, is not among it. */
export const IMPORT_PROVIDERS = [
  ImportRunner,
  ImportSteps,
  RangeCrew,
  RangeRunner,
  PageHandler,
  CustomerPageHandler,
  PageRecorder,
  PageMetrics,
  TableStatistics,
  PriceReadingHandler,
  StripeAccess,
  RunFindings,
  Reconciler,
  AsideReader,
  TestClocks,
  RunReport,
  DriftMetrics,
];
