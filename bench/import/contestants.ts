import { type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';

import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { freePort, startMain, startProcess } from '../../test/support/processes.js';
import { ask, type Company, prepare, until } from '../webhooks/company.js';
import type { Conditions } from './conditions.js';
import type { Tables } from './rows.js';

/** A program that imports, ready to: migrated, connected, with the prices read. */
export interface Contestant {
  readonly processes: readonly ChildProcess[];
  /** Resolves when it says that all is imported. */
  importAll(): Promise<void>;
  /** Of a peer: takes these webhooks, so many at a time. */
  processWebhooks?(webhooks: readonly SignedWebhook[], atOnce: number): Promise<{ seconds: number; failed: number }>;
  close(): Promise<void>;
}

export interface SignedWebhook {
  readonly body: string;
  readonly signature: string;
}

export interface Entry {
  readonly name: string;
  /** Whether its database begins as a copy of Kana's. */
  readonly isMigrated: boolean;
  /** Whether it imports what is over, too: subscriptions that are canceled, or expired before their first payment. */
  readonly importsEnded: boolean;
  readonly tables: Tables;
  open(databaseUrl: string, sandbox: Sandbox, conditions: Conditions): Promise<Contestant>;
}

const PEERS = new URL('../peers/', import.meta.url);
/** More than anybody reaches here. */
const UNLIMITED = 10_000;
const PEER_TABLES: Tables = {
  subscriptions: 'select id from stripe.subscriptions',
  items: 'select id from stripe.subscription_items',
  customers: 'select id from stripe.customers',
};

export const ENTRIES: Readonly<Record<string, Entry>> = {
  kana: {
    name: 'Kana',
    isMigrated: true,
    importsEnded: true,
    tables: {
      subscriptions: 'select id from stripe_subscription',
      items: 'select id from stripe_subscription_item',
      customers: 'select id from stripe_customer',
    },
    open: (...all) => openKana(...all),
  },
  supabase: { name: '@supabase/stripe-sync-engine', isMigrated: false, importsEnded: true, tables: PEER_TABLES, open: (...all) => openPeer('supabase.mjs', ...all) },
  // It lists subscriptions as Stripe does unasked: without `status`, and so without what is over.
  stripe: { name: '@stripe/sync-engine', isMigrated: false, importsEnded: false, tables: PEER_TABLES, open: (...all) => openPeer('stripe.mjs', ...all) },
};

export function arePeersInstalled(): boolean {
  return existsSync(new URL('node_modules/@supabase/stripe-sync-engine', PEERS)) && existsSync(new URL('node_modules/@stripe/sync-engine', PEERS));
}

/** Kana, ready to import: its api, and so many workers. */
export interface OpenKana extends Contestant {
  readonly port: number;
  readonly connectionId: string;
  readonly adminKey: string;
  readonly workers: readonly ChildProcess[];
  readonly call: Company['call'];
}

export async function openKana(url: string, sandbox: Sandbox, { limits }: Conditions, workerCount = 1): Promise<OpenKana> {
  const [adminKey, port] = [`kana_test_${randomBytes(32).toString('hex')}`, await freePort()];
  const shared = { DATABASE_URL: url, KANA_ENCRYPTION_KEY: randomBytes(32).toString('hex'), STRIPE_API_BASE: sandbox.url, LOG_LEVEL: 'warn' };
  const noLimits = { RATE_LIMIT_PER_KEY: '0', RATE_LIMIT_PER_ADDRESS: '0' };
  const api = await startProcess('api', { ...shared, ...noLimits, KANA_ADMIN_KEY: adminKey, PORT: String(port) }, true);
  const workers = await Promise.all(Array.from({ length: workerCount }, () => startProcess('worker', shared, true)));
  const call: Company['call'] = (method, path, body) => ask(`http://127.0.0.1:${port}${path}`, adminKey, method, body);
  const close = async (): Promise<void> => {
    await Promise.all(workers.map((worker) => worker.stop()));
    await api.stop();
  };
  const connectionId = await prepare(call, sandbox);
  // The peers list all customers; and they are told the same limits.
  const settings = { customers: 'ALL', requestsPerSecond: limits?.requestsPerSecond ?? 0, requestsPerSecondPerEndpoint: limits?.requestsPerSecondPerEndpoint ?? 0 };
  await call('PATCH', `/v1/stripe/connections/${connectionId}`, { settings });
  const importAll = async (): Promise<void> => {
    const run = await call<{ id: string }>('POST', '/v1/stripe/imports', {});
    await until(async () => {
      const { status } = await call<{ status: string }>('GET', `/v1/stripe/imports/${run.id}`);
      if (status === 'FAILED') throw new Error(`Kana's import failed: ${workers.map((worker) => worker.output()).join('\n')}`);
      return status === 'COMPLETED';
    });
  };
  const children = workers.map(({ child }) => child);
  return { processes: [api.child, ...children], workers: children, port, connectionId, adminKey, call, importAll, close };
}

async function openPeer(program: string, url: string, sandbox: Sandbox, { limits }: Conditions): Promise<Contestant> {
  const rate = limits?.requestsPerSecondPerEndpoint ?? UNLIMITED;
  const peer = await startMain(new URL(program, PEERS), { DATABASE_URL: url, STRIPE_API_BASE: sandbox.url, REQUESTS_PER_SECOND: String(rate) });
  const ended = once(peer.child, 'exit').then(([code]: unknown[]) => [{ failed: `It ended with ${String(code)}.` }]);
  const ask = async (message: object): Promise<unknown> => {
    peer.child.send(message);
    const [answer] = (await Promise.race([once(peer.child, 'message'), ended])) as unknown[];
    if (typeof answer !== 'object' || answer === null || !('done' in answer)) {
      throw new Error(`${program}: ${JSON.stringify(answer)}\n${peer.errors()}`);
    }
    return 'result' in answer ? answer.result : undefined;
  };
  const importAll = async (): Promise<void> => void (await ask({ go: true }));
  const processWebhooks: Contestant['processWebhooks'] = async (webhooks, atOnce) => (await ask({ webhooks, atOnce })) as { seconds: number; failed: number };
  const close = async (): Promise<void> => {
    peer.child.kill('SIGKILL');
    await peer.stop();
  };
  return { processes: [peer.child], importAll, processWebhooks, close };
}
