import { connect } from 'node:net';

import pg from 'pg';

import { memoryMibOf, round } from '../support/machine.js';
import { type Company, until } from './company.js';
import { webhookRequest } from './make-events.js';

export interface Burst {
  readonly sent: number;
  /** Not answered by 200. */
  readonly failed: number;
  /** Of those sent, by what became of them. */
  readonly results: Readonly<Record<string, number>>;
  readonly sentInSeconds: number;
  readonly settledInSeconds: number;
  /** Resident memory, in MiB; null where that cannot be read. */
  readonly worker: MemoryCourse | null;
  readonly api: MemoryCourse | null;
}

export interface MemoryCourse {
  readonly before: number;
  readonly peak: number;
  readonly after: number;
}

const SENDERS = 32;
const EVERY_MS = 50;

/** Sends each of these once, as fast as they are taken, and waits until all are settled; looks on at the memory of both processes. */
export async function measureBurst(company: Company, bodies: readonly Buffer[]): Promise<Burst> {
  const client = new pg.Client({ connectionString: company.databaseUrl });
  await client.connect();
  const memory = watchMemory(company);
  const started = performance.now();
  const queue = bodies.values();
  const failures = await Promise.all(Array.from({ length: SENDERS }, () => sendInTurn(company, queue)));
  const sent = performance.now();
  await until(async () => (await client.query(`select 1 from sync_event where next_attempt_at is not null limit 1`)).rowCount === 0);
  const settled = performance.now();
  const ids = bodies.map((body) => (JSON.parse(body.toString()) as { id: string }).id);
  const { rows } = await client.query<{ result: string; count: number }>(`select result, count(*)::int as count from sync_event where id = any($1) group by 1 order by 1`, [ids]);
  await client.end();
  return {
    sent: bodies.length,
    failed: failures.reduce((sum, count) => sum + count, 0),
    results: Object.fromEntries(rows.map(({ result, count }) => [result, count])),
    sentInSeconds: round((sent - started) / 1000),
    settledInSeconds: round((settled - started) / 1000),
    ...memory.stop(),
  };
}

function watchMemory(company: Company): { stop: () => Pick<Burst, 'worker' | 'api'> } {
  const seen = { worker: [] as number[], api: [] as number[] };
  const look = (): void => {
    seen.worker.push(memoryMibOf(company.worker().child.pid) ?? 0);
    seen.api.push(memoryMibOf(company.api.child.pid) ?? 0);
  };
  look();
  const timer = setInterval(look, EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      look();
      return { worker: courseOf(seen.worker), api: courseOf(seen.api) };
    },
  };
}

function courseOf(seen: readonly number[]): MemoryCourse | null {
  const peak = Math.max(...seen);
  return peak === 0 ? null : { before: seen[0] ?? 0, peak, after: seen.at(-1) ?? 0 };
}

/** One event after the other over one connection. */
function sendInTurn(company: Company, queue: Iterator<Buffer>): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: company.port, host: '127.0.0.1', noDelay: true });
    let failed = 0;
    const send = (): void => {
      const next = queue.next();
      if (next.done === true) {
        socket.end();
        resolve(failed);
      } else {
        socket.write(webhookRequest(company, next.value), 'latin1');
      }
    };
    socket.setEncoding('latin1');
    socket.once('connect', send);
    socket.once('error', reject);
    socket.on('data', (answer: string) => {
      failed += answer.startsWith('HTTP/1.1 200 ') ? 0 : 1;
      send();
    });
  });
}
