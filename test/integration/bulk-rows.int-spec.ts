import { addRows, type BulkTable, differingRows, sqlRows, sqlWrite, updateRows, writeDifferingRows, writeRows } from '@app/common';
import { ormConfig } from '@app/database';
import { MikroORM } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { createTestDatabase, type TestDatabase } from '../support/database.js';

const TABLE: BulkTable = { name: 'thing', columns: { account: 'text', id: 'text', amount: 'bigint', at: 'timestamptz', open: 'boolean', facts: 'jsonb' }, key: ['account', 'id'] };
const AT = '2026-11-28T10:00:00.125Z';

let database: TestDatabase;
let orm: MikroORM;
beforeAll(async () => {
  database = await createTestDatabase();
  orm = await MikroORM.init(ormConfig(database.url));
  await sqlWrite(orm.em, 'create table thing (account text, id text, amount bigint, at timestamptz, open boolean, facts jsonb, primary key (account, id))');
});
afterAll(async () => {
  await orm.close();
  await database.drop();
});
beforeEach(async () => {
  await sqlWrite(orm.em, 'truncate thing');
});

function thing(id: string, more: object = {}): { account: string; id: string } {
  return { account: 'a', id, amount: 1, at: AT, open: true, facts: { n: 1 }, ...more } as { account: string; id: string };
}

async function stored(): Promise<Map<string, Record<string, unknown>>> {
  const rows = await sqlRows<Record<string, unknown> & { id: string }>(orm.em, 'select *, xmin::text as version from thing order by id');
  return new Map(rows.map((row) => [row.id, row]));
}

describe('rows in bulk', () => {
  it.each(['plain', '', 'NULL', ' space ', '{a,b}', 'a,b', '"quoted"', String.raw`back\slash \" \\`, 'line\nbreak\ttab', 'naïve 名前 🎟', "o'clock", '\u0001'])(
    'come back as they were written: %j',
    async (text) => {
      await writeRows(orm.em, TABLE, [thing(text, { facts: { text, [text]: [text, null, 1.5, true] } })]);
      expect((await stored()).get(text)).toMatchObject({ id: text, amount: '1', open: true, facts: { text, [text]: [text, null, 1.5, true] } });
    },
  );

  it('are NULL where a member is missing', async () => {
    await writeRows(orm.em, TABLE, [{ account: 'a', id: '1' }]);
    expect((await stored()).get('1')).toMatchObject({ amount: null, at: null, open: null, facts: null });
  });

  it('are written where they differ, told apart by whether they were there, and not touched where they do not', async () => {
    await writeRows(orm.em, TABLE, [thing('same'), thing('other')]);
    const before = await stored();
    const rows = [thing('new'), thing('other', { facts: { n: 2 } }), thing('same')];
    await expect(differingRows(orm.em, TABLE, rows)).resolves.toEqual({ added: [rows[0]], changed: [rows[1]] });
    expect(await stored()).toEqual(before);
    await expect(writeDifferingRows(orm.em, TABLE, rows)).resolves.toEqual({ added: [rows[0]], changed: [rows[1]] });
    const after = await stored();
    expect([...after.keys()]).toEqual(['new', 'other', 'same']);
    expect(after.get('other')).toMatchObject({ facts: { n: 2 } });
    expect(after.get('same')).toEqual(before.get('same'));
    await expect(writeDifferingRows(orm.em, TABLE, rows)).resolves.toEqual({ added: [], changed: [] });
    expect(await stored()).toEqual(after);
  });

  it('that are there already stay, and those that were added are told', async () => {
    await writeRows(orm.em, TABLE, [thing('1', { amount: 5 })]);
    const rows = [thing('1'), thing('2')];
    await expect(addRows(orm.em, TABLE, rows)).resolves.toEqual([rows[1]]);
    expect((await stored()).get('1')).toMatchObject({ amount: '5' });
  });

  it('are updated by key in the columns that they have', async () => {
    await writeRows(orm.em, TABLE, [thing('1'), thing('2')]);
    await expect(updateRows(orm.em, TABLE, [{ account: 'a', id: '2', amount: 9 }])).resolves.toBe(1);
    expect((await stored()).get('2')).toMatchObject({ amount: '9', open: true });
    expect((await stored()).get('1')).toMatchObject({ amount: '1' });
  });
});
