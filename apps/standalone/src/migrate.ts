/** In a file of its own, loaded when it is needed: the ORM takes a while, and wrong settings are told at once. */
export { runMigrations } from '@app/database';
