import { IdFactory, SecretBox } from '@app/common';
import { describe, expect, it } from '@jest/globals';
import type { EntityManager } from '@mikro-orm/postgresql';

import { TestClock } from '../../../../test/support/test-clock.js';
import { WebhookKeys } from './webhook-keys.js';
import { WebhookSecrets } from './webhook-secrets.js';

/** A database whose answers a test lets come, each as what was stored when it was asked. */
class HeldDatabase {
  isConnected = true;
  private readonly held: (() => void)[] = [];
  private readonly executor = { executeQuery: () => this.answer() };
  readonly em = { fork: () => ({ getTransactionContext: () => this.executor }) } as unknown as EntityManager;

  answerTo(question: number): void {
    this.held[question]?.();
  }

  private answer(): Promise<object> {
    const row = { now: '0', id: 'conn_1', account_id: 'acct_1', mode: 'TEST', status: this.isConnected ? 'CONNECTED' : 'DISCONNECTED', metadata_key: 'x', sealed: [], expired: false };
    return new Promise((resolve) => this.held.push(() => resolve({ rows: [row] })));
  }
}

describe('what a process remembers of connections and their secrets', () => {
  it('is never from before it was told to forget, also where that was just being read', async () => {
    const database = new HeldDatabase();
    const keys = new WebhookKeys(database.em, new WebhookSecrets(new IdFactory(new TestClock()), new SecretBox(Buffer.alloc(32))));
    const before = keys.current();
    database.isConnected = false;
    keys.forget();
    const after = keys.current();
    database.answerTo(1);
    expect((await after).of('conn_1')?.isConnected).toBe(false);
    database.answerTo(0);
    expect((await before).of('conn_1')?.isConnected).toBe(true);
    expect((await keys.current()).of('conn_1')?.isConnected).toBe(false);
  });
});
