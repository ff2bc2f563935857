import { randomUUID } from 'node:crypto';

import { IssueDeriver } from '@app/subscriptions';
import { EntityManager } from '@mikro-orm/postgresql';
import type { INestApplicationContext } from '@nestjs/common';

import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { eventually } from '../import/kana.js';
import { accountSeed } from '../import/world.js';
import { type LiveAccount, openLiveAccount } from '../live/live-account.js';
import type { TestApi } from './api.js';
import type { KillPoint, MortalDelivery } from './command-kills.js';
import { send } from './send.js';
import { startTestWorker, type TestWorker } from './worker.js';

const SUBSCRIPTIONS = 8;
const PRICE = 'price_TeamMonthUsd';

/** A package subscription that is paid through Stripe. */
export interface Paid {
  /** Kana's id. */
  readonly id: string;
  readonly stripeId: string;
  readonly itemId: string;
}

/** A command as the api shows it. */
export interface Command {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly attempts: number;
  readonly asked: Record<string, unknown>;
  readonly sent: Record<string, unknown> | null;
  readonly object: { type: string; id: string } | null;
  readonly userId: string | null;
  readonly text: string;
  readonly endedAt: string | null;
  readonly confirmedAt: string | null;
  readonly confirmedBy: string | null;
  readonly error: { code: string; detail: string; status: number | null; stripeRequestId: string | null } | null;
  readonly retries: string | null;
  readonly retriedBy: string | null;
}

/** An imported account whose webhooks come in, and what tests of commands need beside it. */
export class CommandWorld {
  private worker: TestWorker | undefined;
  private made = 0;

  private constructor(readonly account: LiveAccount) {}

  /** @param seed of an account of which nothing is foretold, any */
  static async open(subscriptions = SUBSCRIPTIONS, seed = accountSeed(subscriptions)): Promise<CommandWorld> {
    const account = await openLiveAccount({ seed, subscriptions });
    return new CommandWorld(account);
  }

  get sandbox(): Sandbox {
    return this.account.world.sandbox;
  }

  get api(): TestApi {
    return this.account.world.api;
  }

  get connectionId(): string {
    return this.account.connectionId;
  }

  sql<Row extends object>(text: string, parameters?: readonly unknown[]): Promise<Row[]> {
    return this.account.sql<Row>(text, parameters);
  }

  /** In place of the account's own worker, one that a test changes before it has any work. */
  async startWorker(change: (worker: INestApplicationContext) => void): Promise<INestApplicationContext> {
    await this.account.stopWorker();
    await this.worker?.close();
    this.worker = await startTestWorker(this.api.env, this.api.databaseUrl, { change });
    return this.worker.app;
  }

  async close(): Promise<void> {
    await this.worker?.close();
    await this.account.close();
  }

  /** Somebody subscribes in Stripe; gives it once Kana has it. */
  async paid(prices: readonly string[] = [PRICE], difference: object = {}): Promise<Paid> {
    this.made += 1;
    const { id: customer } = this.sandbox.mutate.createCustomer({ email: `commanded.${this.made}@live.example` });
    const { id: stripeId, items } = this.sandbox.mutate.createSubscription({ customer, items: prices.map((price) => ({ price, quantity: 1 })), ...difference });
    const itemId = items.data.find(({ price }) => price.id === prices[0])?.id ?? '';
    return { id: await this.subscriptionOf(itemId), stripeId, itemId };
  }

  /** The package subscription that stands for this item now; waits for it. */
  subscriptionOf(itemId: string): Promise<string> {
    return eventually('the subscription to be in Kana', async () => {
      const [row] = await this.sql<{ id: string }>(`select id from package_subscription where stripe_item_id = $1 and ended_at is null`, [itemId]);
      return row?.id;
    });
  }

  /** Of the sandbox's own store. */
  truth(stripeId: string) {
    const found = this.sandbox.truth().subscriptions.find(({ id }) => id === stripeId);
    if (found === undefined) {
      throw new Error(`Stripe has no subscription ${stripeId}.`);
    }
    return found;
  }

  quantityOf({ stripeId, itemId }: Paid): number | undefined {
    return this.truth(stripeId).items.find(({ id }) => id === itemId)?.quantity;
  }

  call<Body = Command>(path: string, body: unknown = {}, headers: Readonly<Record<string, string>> = {}) {
    return send<Body>(`${this.api.url}${path}`, { method: 'POST', key: this.api.adminKey, body, headers: { 'idempotency-key': randomUUID(), ...headers } });
  }

  /** A command that must be taken in; gives its id. */
  async ask({ id }: Paid, action: 'cancel' | 'resume' | 'change-quantity' | 'pause' | 'change-package' | 'add-addon' | 'remove-addon', body: object = {}): Promise<string> {
    const answer = await this.call(`/v1/subscriptions/${id}/${action}`, body);
    if (answer.status !== 202) {
      throw new Error(`${answer.status}: ${answer.text}`);
    }
    return answer.body.id;
  }

  async command(id: string): Promise<Command> {
    return (await this.api.get<Command>(`/v1/sync/commands/${id}`)).body;
  }

  async ended(id: string): Promise<Command> {
    return eventually('the end of the command', async () => {
      const command = await this.command(id);
      return command.endedAt === null ? undefined : command;
    });
  }

  /** Of many, by one question at a time: if each were asked for by itself, their asking would be all that the api does. */
  async allEnded(ids: readonly string[]): Promise<void> {
    await eventually('the end of the commands', async () => {
      const [row] = await this.sql<{ open: boolean }>('select exists (select 1 from sync_command where id = any($1) and ended_at is null) as open', [ids]);
      return row?.open === false ? true : undefined;
    });
  }

  refreshIssues(): Promise<void> {
    const { app } = this.api;
    return app.get(IssueDeriver, { strict: false }).refresh(app.get(EntityManager).fork(), this.connectionId);
  }

  /** Really changed in Stripe by this command, over all its keys. */
  mutationsOf(commandId: string): number {
    return Object.entries(this.sandbox.idempotency())
      .filter(([key]) => key.startsWith(commandId))
      .reduce((sum, [, { mutations }]) => sum + mutations, 0);
  }

  /** Tries until nobody else has what is to be changed. */
  async attempt(mortal: MortalDelivery, killAt: KillPoint | null = null): Promise<void> {
    for (let isPutOff = true; isPutOff; ) {
      await this.letTimePass();
      isPutOff = (await mortal.attempt(this.connectionId, killAt)) > 0;
    }
  }

  /** As if the time had gone by after which what failed is tried again, and what a dead worker held is free. */
  async letTimePass(): Promise<void> {
    await this.sql(`update sync_command set next_attempt_at = now() where next_attempt_at > now()`);
    await this.sql(`update sync_command set lease_until = now() - interval '1 second' where lease_until is not null`);
    await this.sql(`update sync_lane set lease_until = now() - interval '1 second'
      where ctid in (select ctid from sync_lane where lease_until is not null for update skip locked)`);
  }
}
