import type { BulkTable } from '@app/common';
import { ormConfig } from '@app/database';
import type { EntityClass, EntityMetadata } from '@mikro-orm/core';
import { MikroORM } from '@mikro-orm/postgresql';

let orm: MikroORM | undefined;

/**
 * The bulk shape that an entity's table must have, read from the entity itself: `expect(X_TABLE).toEqual(bulkTableOf(X))`
 * keeps the two from drifting apart. Nothing is connected to. Precision is left out: PostgreSQL applies the column's own.
 *
 * @param without columns that the bulk path leaves alone
 */
export function bulkTableOf(entity: EntityClass<object>, without: readonly string[] = []): BulkTable {
  orm ??= new MikroORM(ormConfig('postgres://nobody@127.0.0.1:1/none'));
  const metadata: EntityMetadata = orm.getMetadata().get(entity);
  const properties = metadata.props.filter(({ persist, fieldNames }) => persist !== false && fieldNames.length > 0);
  const columns = properties.flatMap(({ fieldNames, columnTypes }) =>
    fieldNames.map((field, index) => [field, (columnTypes[index] ?? '').replace(/\(\d+\)$/, '')] as const));
  return {
    name: metadata.tableName,
    columns: Object.fromEntries(columns.filter(([field]) => !without.includes(field))),
    key: properties.filter(({ primary }) => primary).flatMap(({ fieldNames }) => fieldNames),
  };
}
