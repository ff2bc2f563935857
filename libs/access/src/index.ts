/** Owns the keys that open the admin api: which ones there are and whether one opens. Knows no HTTP. */
export { AccessModule } from './access.module.js';
export { ApiKey } from './api-key.entity.js';
export { ApiKeyService, type AuthenticatedKey } from './api-key.service.js';
