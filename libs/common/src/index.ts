/**
 * What every lib may use and what knows no domain word: settings, errors, the clock, ids, SQL in bulk, secrets at rest,
 * typed queues, logging. Owns no table.
 */
export { applyByHalves, type HalvesWork } from './apply-by-halves.js';
export { assertNever } from './assert-never.js';
export { loadClientSettings, type ClientSettings } from './client-settings.js';
export { exitWithParent, type ChildMessage, type Lifeline, type ReadyDetails } from './child-process.js';
export { addRows, differingRows, updateRows, writeDifferingRows, writeRows } from './bulk/bulk-rows.js';
export { type BulkTable } from './bulk/column-arrays.js';
export { Clock } from './clock.js';
export { askDatabaseClock, clockAheadOfDate, type Moment } from './clock-ahead.js';
export { CommonModule, ENV } from './common.module.js';
export {
  childEnvironment,
  DEMO_DATABASE,
  type Env,
  EnvError,
  isAdminKey,
  isLiveStripeKey,
  loadDatabaseUrl,
  loadEnv,
  parseEncryptionKey,
  STRIPE_API_BASE,
  withEnvFile,
} from './env.js';
export { conflict, invalid, KanaError, notFound, refused, type ErrorKind, type ErrorPointer } from './errors.js';
export { IdFactory, type IdPrefix } from './ids.js';
export { displayAmount, isStripeCurrency, payableStep } from './money.js';
export { isWebhookSecret } from './read-webhook-settings.js';
export { SecretBox } from './secret-box.js';
export { isoTime, sqlRows, sqlWrite, type SqlRow } from './sql.js';
export { describeError, type LoggedError } from './logging/describe-error.js';
export { LogContext, type LogFields } from './logging/log-context.js';
export { LoggingModule, useStructuredLogs } from './logging/logging.module.js';
export { redactText } from './logging/redact-secrets.js';
export { Metrics, type MetricShape } from './metrics/metrics.js';
export { MetricsModule } from './metrics/metrics.module.js';
export { PoolMetrics } from './metrics/pool-metrics.js';
export { Doorbell } from './queues/doorbell.js';
export { findRedisTrouble } from './queues/find-redis-trouble.js';
export { QueueConnection } from './queues/queue-connection.js';
export { QueuesModule } from './queues/queues.module.js';
export { type QueueName, type QueuePayloads, WORKER_OPTIONS, type WakeUp } from './queues/queues.js';
export { sqlState, transactionWithRetry } from './transaction.js';
export { within } from './within.js';
