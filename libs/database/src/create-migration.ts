import { MikroORM } from '@mikro-orm/postgresql';

import { ormConfig } from './orm-config.js';

const MIGRATIONS = 'libs/database/src/migrations';

/**
 * `npm run migration:create -- <database url> <name>`: writes the migration that the entities need beyond the committed
 * ones. The database may be empty; it is only asked for its version.
 */
async function main([databaseUrl, name]: string[]): Promise<void> {
  if (databaseUrl === undefined || name === undefined) {
    throw new Error('Usage: npm run migration:create -- <database url> <name>');
  }
  const migrations = { path: MIGRATIONS, snapshotName: '.snapshot-kana', emit: 'ts', tableName: 'schema_migration' } as const;
  const orm = await MikroORM.init(ormConfig(databaseUrl, { migrations }));
  try {
    const { fileName } = await orm.migrator.create(MIGRATIONS, false, false, name);
    process.stdout.write(`${fileName === '' ? 'Nothing to migrate.' : fileName}\n`);
  } finally {
    await orm.close(true);
  }
}

await main(process.argv.slice(2));
