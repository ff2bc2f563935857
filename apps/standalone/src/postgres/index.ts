/**
 * PostgreSQL without an installation: the server of the npm package, its data folder, its guard. Owns the processes and
 * the files of the server; knows nothing of Kana's tables, and nothing of Nest. Tests use it, too.
 */
export { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from './embedded-postgres.js';
