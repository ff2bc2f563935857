/** Owns the keys that open the admin api. */
export { ApiKey } from './api-key.entity.js';
