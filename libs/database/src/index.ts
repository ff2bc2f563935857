/** The database as a whole: which tables there are, how to connect, the migrations. Used by apps and tests only. */
export { type Connecting, MAXIMUM_CONNECTIONS, ormConfig } from './orm-config.js';
export { Readiness } from './readiness.js';
export { runMigrations } from './run-migrations.js';
