import type { EntityManager } from '@mikro-orm/postgresql';

interface Executor {
  executeQuery(query: { sql: string }): Promise<unknown>;
}

/** An entity manager in a transaction which notes every statement that `sqlRows` and its like send through it. */
export function noteStatements(em: EntityManager): { em: EntityManager; statements: string[] } {
  const statements: string[] = [];
  const executor = em.getTransactionContext<Executor>();
  if (executor === undefined) {
    throw new Error('Statements are noted inside a transaction only.');
  }
  const noting: Executor = {
    executeQuery: (query) => {
      statements.push(query.sql);
      return executor.executeQuery(query);
    },
  };
  const noted = new Proxy(em, {
    get: (target, property, receiver) =>
      property === 'getTransactionContext' ? () => noting : (Reflect.get(target, property, receiver) as unknown),
  });
  return { em: noted, statements };
}
