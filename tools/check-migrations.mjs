/**
 * `npm run migration:check`: fails when the entities need something that no committed migration makes. Asks a real
 * PostgreSQL, started for this and thrown away: migrates it, then compares it with the entities.
 */
import './source-hooks.mjs';

import { MikroORM } from '@mikro-orm/postgresql';

const { startTestServer } = await import('../test/support/test-server.ts');
const { ormConfig } = await import('../libs/database/src/index.ts');

const server = await startTestServer();
try {
  const url = new URL(server.details.adminUrl);
  url.pathname = `/${server.details.template}`;
  const orm = await MikroORM.init(ormConfig(url.href));
  const missing = await orm.schema.getUpdateSchemaSQL();
  await orm.close();
  if (missing !== '') {
    console.error(`The entities need what no migration makes: run \`npm run migration:create -- <database url> <name>\`.\n${missing}`);
    process.exitCode = 1;
  }
} finally {
  await server.stop();
}
