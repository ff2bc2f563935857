import type { EntityManager } from '@mikro-orm/postgresql';

interface Executor {
  executeQuery(query: { sql: string }): Promise<unknown>;
}

/** A place in a transaction: `reached` when it gets there; it goes on after `go`. */
export interface Pause {
  em: EntityManager;
  reached: Promise<void>;
  go: () => void;
}

/** An entity manager in a transaction which stops before the first statement that begins like this. */
export function pauseBefore(em: EntityManager, beginning: string): Pause {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const executor = em.getTransactionContext<Executor>();
  if (executor === undefined) {
    throw new Error('Only a transaction can be paused.');
  }
  const pausing: Executor = {
    executeQuery: async (query) => {
      if (query.sql.startsWith(beginning)) {
        reached.resolve();
        await released.promise;
      }
      return executor.executeQuery(query);
    },
  };
  const paused = new Proxy(em, {
    get: (target, property, receiver) =>
      property === 'getTransactionContext' ? () => pausing : (Reflect.get(target, property, receiver) as unknown),
  });
  return { em: paused, reached: reached.promise, go: released.resolve };
}
