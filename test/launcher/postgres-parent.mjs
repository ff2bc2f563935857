/**
 * A program that starts the embedded PostgreSQL, writes what one needs to look at it, and waits to be killed. It runs
 * from the sources: Node leaves out the types, and the hook finds the source of each `.js` import.
 *
 * Usage: node --experimental-transform-types postgres-parent.mjs <data folder>
 */
import { registerHooks } from 'node:module';

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier.startsWith('.') ? specifier.replace(/\.js$/, context.parentURL?.endsWith('.ts') ? '.ts' : '.js') : specifier, context),
});

const { startEmbeddedPostgres } = await import('../../apps/standalone/src/postgres/embedded-postgres.ts');
const postgres = await startEmbeddedPostgres({ dataDir: process.argv[2] });
console.log(JSON.stringify({ adminUrl: postgres.adminUrl }));
