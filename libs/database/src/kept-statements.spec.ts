import { describe, expect, it } from '@jest/globals';

import { KeptStatements } from './kept-statements.js';

function ask(statements: KeptStatements, text: string, times: number): (string | null)[] {
  return Array.from({ length: times }, () => statements.nameOf(text));
}

describe('the statements that PostgreSQL is to keep', () => {
  it('are those that are asked for the fifth time, each under a name of its own', () => {
    const statements = new KeptStatements();
    expect(ask(statements, 'select 1 where $1', 6)).toEqual([null, null, null, null, 'kana_1', 'kana_1']);
    expect(ask(statements, 'select 2 where $1', 5).at(-1)).toBe('kana_2');
    expect(statements.nameOf('select 1 where $1')).toBe('kana_1');
  });

  it.each(['select * from t where id = $1', 'select "i0".* from t as "i0" where id = $1', 'update t set a = $1 returning *'])(
    'are none whose columns change with the schema: %s',
    (text) => {
      expect(ask(new KeptStatements(), text, 10)).toEqual(Array.from({ length: 10 }, () => null));
    },
  );

  it('may count all rows', () => {
    expect(ask(new KeptStatements(), 'select count(*) from t where id = $1', 5).at(-1)).toBe('kana_1');
  });

  it('are no more than 200, however many there are', () => {
    const statements = new KeptStatements();
    const names = Array.from({ length: 1000 }, (_, index) => ask(statements, `select ${index} where $1`, 5).at(-1));
    expect(names.filter((name) => name !== null)).toHaveLength(200);
    expect(statements.nameOf('select 0 where $1')).toBe('kana_1');
  });
});
