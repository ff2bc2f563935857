import type { Env } from '@app/common';

import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { startTestApi, type TestApi } from '../support/api.js';
import { startTestWorker, type TestWorker } from '../support/worker.js';
import { usersBeforehand } from './acme.js';
import { HASTE } from './faults.js';
import { connect, makeCatalog, makeUsers, openAccount, readStore } from './kana.js';
import { type Ledger, openLedger } from './ledger.js';
import type { Bug } from './planted-bugs.js';
import type { World, WorldOptions } from './world.js';

/** Nobody answers there. */
const NOWHERE = 'http://127.0.0.1:9';

/**
 * A Kana that carries over one account after another: an api and a worker with a database, which is emptied in between of
 * all but the catalog. What takes its time is done once.
 */
export class Lane {
  private sandbox: Sandbox | undefined;

  private constructor(
    private readonly api: TestApi,
    private readonly worker: TestWorker,
    private readonly ledger: Ledger,
  ) {}

  /**
   * @param bug is put into the worker, if any
   * @param haste with which the worker loses patience with Stripe
   */
  static async open(bug?: Bug, haste: Partial<Env> = HASTE): Promise<Lane> {
    const api = await startTestApi({ STRIPE_API_BASE: NOWHERE });
    api.clock.set(new Date());
    // One object for both: each account has an address of its own, and the lane goes from one to the next.
    Object.assign(api.env, haste);
    const worker = await startTestWorker(api.env, api.databaseUrl, { change: bug });
    await makeCatalog(api);
    return new Lane(api, worker, await openLedger(api.databaseUrl));
  }

  /** A new account, connected, in place of the one before. */
  async world({ seed, subscriptions, settings = {} }: Omit<WorldOptions, 'plant' | 'stripeUrl'>): Promise<World> {
    await this.leave();
    await this.ledger.emptyDatabase();
    const { api } = this;
    const sandbox = await openAccount(seed, subscriptions);
    this.sandbox = sandbox;
    api.env.stripeApiBase = sandbox.url;
    const store = await readStore(sandbox.url);
    const users = usersBeforehand(store);
    await makeUsers(api, users);
    await connect(api, settings);
    return { sandbox, store, users, api, settings, close: () => this.leave() };
  }

  async close(): Promise<void> {
    await this.worker.close();
    await this.ledger.close();
    await this.leave();
    await this.api.close();
  }

  private async leave(): Promise<void> {
    await this.sandbox?.close();
    this.sandbox = undefined;
  }
}
