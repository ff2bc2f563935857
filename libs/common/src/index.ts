/**
 * What every lib may use and what knows no domain word: settings, errors, the clock, ids, SQL in bulk, secrets at rest,
 * typed queues, logging. Owns no table.
 */
export { assertNever } from './assert-never.js';
export { exitWithParent, type ChildMessage, type Lifeline, type ReadyDetails } from './child-process.js';
export { Clock, SystemClock } from './clock.js';
export {
  childEnvironment,
  type Env,
  EnvError,
  isAdminKey,
  isLiveStripeKey,
  loadEnv,
  parseEncryptionKey,
  STRIPE_API_BASE,
  withEnvFile,
} from './env.js';
export { conflict, invalid, KanaError, notFound, refused, type ErrorKind, type ErrorPointer } from './errors.js';
export { IdFactory, type IdPrefix } from './ids.js';
export { SecretBox } from './secret-box.js';
export { isoTime, sqlRows, sqlWrite, writeRows, type BulkTable, type SqlRow } from './sql.js';
