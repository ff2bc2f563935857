/**
 * Owns the keys that open the admin api (which ones there are, what each may do), what calls with an idempotency key were
 * answered, and the audit entries. Knows no HTTP.
 */
export { AccessModule } from './access.module.js';
export { ApiKey } from './api-key.entity.js';
export { ApiKeyLifecycleService } from './api-key-lifecycle.service.js';
export { ApiKeyService, type AuthenticatedKey } from './api-key.service.js';
export type { ApiKeyView, NewApiKey } from './api-key.types.js';
export { AuditEntry } from './audit-entry.entity.js';
export { type Hold, IdempotencyLedger, type KeptAnswer } from './idempotency-ledger.js';
export { IdempotencyRecord } from './idempotency-record.entity.js';
export { grants, SCOPES, type Scope } from './scopes.js';
