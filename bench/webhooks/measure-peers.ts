import { randomBytes } from 'node:crypto';

import { startSandbox } from '../../apps/sandbox/src/sandbox.js';
import { administer, databaseUrl, type TestServerDetails } from '../../test/support/test-server.js';
import { calm } from '../import/calm.js';
import { ENTRIES, type Entry } from '../import/contestants.js';
import { round } from '../support/machine.js';
import { ensureRole } from '../support/role.js';
import { makeEvents, signatureOf } from './make-events.js';

export interface PeerWebhooks {
  readonly program: string;
  readonly events: number;
  readonly atOnce: number;
  readonly failed: number;
  readonly perSecond: number;
}

const PEERS = ['supabase', 'stripe'];
const SEED = 7;
/** As bench/peers expects it. */
const SECRET = 'whsec_bench';

/**
 * How many webhooks a second each peer's `processWebhook` takes, in its own process, without the way over HTTP: from the signed
 * body to the row. The account is imported before, as Kana's is.
 */
export async function measurePeers(server: TestServerDetails, subscriptions: number, events: number, atOnce: number): Promise<PeerWebhooks[]> {
  const dropRole = await ensureRole(server.adminUrl, 'postgres');
  const results: PeerWebhooks[] = [];
  try {
    for (const entry of PEERS.flatMap((name) => ENTRIES[name] ?? [])) {
      results.push(await measurePeer(entry, server, { subscriptions, events, atOnce }));
    }
  } finally {
    await dropRole();
  }
  return results;
}

async function measurePeer(entry: Entry, { adminUrl }: TestServerDetails, { subscriptions, events, atOnce }: { subscriptions: number; events: number; atOnce: number }): Promise<PeerWebhooks> {
  const name = `kana_bench_${process.pid}_${randomBytes(3).toString('hex')}`;
  await administer(adminUrl, `create database "${name}"`);
  const sandbox = await startSandbox({ host: '127.0.0.1', port: 0, subscriptions, seed: SEED });
  calm(sandbox);
  try {
    const peer = await entry.open(databaseUrl(adminUrl, name), sandbox, { latencyMs: 0, limits: null });
    try {
      await peer.importAll();
      const bodies = makeEvents({ sandbox }, events).slice(0, events);
      const webhooks = bodies.map((body) => ({ body: body.toString(), signature: signatureOf(SECRET, body) }));
      const { seconds = 0, failed = events } = (await peer.processWebhooks?.(webhooks, atOnce)) ?? {};
      return { program: entry.name, events: bodies.length, atOnce, failed, perSecond: Math.round(round((bodies.length - failed) / seconds)) };
    } finally {
      await peer.close();
    }
  } finally {
    await sandbox.close();
    await administer(adminUrl, `drop database if exists "${name}" with (force)`);
  }
}
