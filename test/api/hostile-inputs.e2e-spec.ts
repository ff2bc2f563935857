import { Agent, request } from 'node:http';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { connect, openAccount, startKana } from '../import/kana.js';
import type { TestApi } from '../support/api.js';
import { type HostileRequest, hostileRequest, type Material } from '../support/hostile.js';
import { type DocumentedOperation, readOperations } from '../support/operations.js';
import { startTestWorker } from '../support/worker.js';
import { SEED } from '../support/seed.js';

/** `PROPERTY_RUNS=10000 PROPERTY_SEED=1` for the long run, and to repeat one. */
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 1000);
const MINUTES = 20;

interface Answer {
  status: number;
  type: string;
  body: string;
}

let sandbox: Sandbox;
let api: TestApi;
let operations: DocumentedOperation[];
let material: Material;
const agent = new Agent({ keepAlive: true });

beforeAll(async () => {
  sandbox = await openAccount(7, 20);
  api = await startKana(sandbox.url);
  const worker = await startTestWorker(api.env, api.databaseUrl);
  const connectionId = await connect(api);
  await worker.close();
  operations = await readOperations(api);
  material = await makeMaterial(connectionId);
});
afterAll(async () => {
  agent.destroy();
  await api.close();
  await sandbox.close();
});

/** Something to be found, so that requests do not all end at a 404; and a cursor of every list that has two. */
async function makeMaterial(connectionId: string): Promise<Material> {
  const limited = { featureId: 'api-calls', limit: 5, resetPeriod: 'MONTH' };
  await api.post('/v1/features', { id: 'api-calls', name: 'Calls', type: 'CONSUMABLE' });
  await api.post('/v1/features', { id: 'sso', name: 'SSO', type: 'BINARY' });
  await api.post('/v1/packages', { id: 'team', name: 'Team', features: [limited] });
  await api.post('/v1/packages', { id: 'draft', name: 'Draft', features: [limited] });
  await api.post('/v1/packages/team/publish');
  await api.post('/v1/users', { id: 'ann@example.com', email: 'ann@example.com' });
  await api.post('/v1/users', { id: 'bob' });
  const { body: key } = await api.post<{ id: string }>('/v1/api-keys', { name: 'x', scopes: ['read'] });
  const { body: run } = await api.post<{ id: string }>('/v1/stripe/imports', {});
  const { body: prices } = await api.get<{ data: { id: string; product: { id: string } }[] }>('/v1/stripe/prices?limit=3');
  const lists = operations.filter(({ method, path, queries }) => method === 'GET' && queries.includes('cursor') && !path.includes('{'));
  const pages = await Promise.all(lists.map(({ path }) => api.get<{ nextCursor: string | null }>(`${path}?limit=1`)));
  const cursors = pages.flatMap(({ body }) => body.nextCursor ?? []);
  expect(cursors.length).toBeGreaterThan(4);
  return {
    ids: [connectionId, key.id, run.id, 'api-calls', 'team', 'draft', 'ann@example.com', ...prices.data.flatMap(({ id, product }) => [id, product.id])],
    cursors,
  };
}

function ask({ method, path, headers, body }: HostileRequest): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const { hostname, port } = new URL(api.url);
  const sent = request({ agent, hostname, port, method, path, headers: { ...headers, authorization: `Bearer ${api.adminKey}`, ...(body === null ? {} : { 'content-length': body.length }) } }, (response) => {
    const chunks: Buffer[] = [];
    if (response.headers['content-type'] === 'text/event-stream') {
      // It ends with a run that nobody works on.
      resolve({ status: response.statusCode ?? 0, type: 'text/event-stream', body: '' });
      response.destroy();
      return;
    }
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', body: Buffer.concat(chunks).toString() }));
    response.on('error', reject);
  });
  sent.on('error', reject);
  sent.end(body ?? undefined);
  return promise;
}

function isProper({ status, type, body }: Answer): boolean {
  if (status >= 200 && status < 300) {
    return true;
  }
  const problem = type === 'application/problem+json' ? (JSON.parse(body) as { status?: number; code?: string; requestId?: string }) : {};
  return status >= 400 && status < 500 && problem.status === status && /^[a-z_]+$/.test(problem.code ?? '') && problem.requestId !== undefined;
}

describe('hostile input', () => {
  it(
    `of ${RUNS} kinds (seed ${SEED}) is answered with a success or a problem document, and never with a fault`,
    async () => {
      const statuses = new Map<number, number>();
      const reached = new Set<string>();
      const wrong: unknown[] = [];
      const property = fc.asyncProperty(hostileRequest(operations, material), async (hostile) => {
        const answer = await ask(hostile);
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        reached.add(hostile.operation);
        if (!isProper(answer)) {
          wrong.push({ ...hostile, path: hostile.path.slice(0, 300), body: hostile.body?.toString('latin1').slice(0, 300), answer });
        }
      });
      await fc.assert(property, { numRuns: RUNS, seed: SEED, endOnFailure: true });
      expect(wrong).toEqual([]);
      process.stdout.write(`hostile inputs: seed ${SEED}, ${RUNS} requests, answers by status ${JSON.stringify(Object.fromEntries([...statuses].toSorted(([one], [other]) => one - other)))}\n`);
      // A suite that only met closed doors would prove nothing.
      expect([...statuses.keys()].filter((status) => status < 300).length).toBeGreaterThan(1);
      expect(reached.size).toBe(operations.length);
    },
    MINUTES * 60_000,
  );
});
