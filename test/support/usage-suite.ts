import { randomUUID } from 'node:crypto';

import pg from 'pg';

import { startTestApi, type TestApi } from './api.js';
import { insertHeld, insertUser } from './entitlement-rows.js';

export interface Recorded {
  id: string;
  userId: string;
  amount: number;
  total: number;
  period: { start: string | null; end: string | null } | null;
  occurredAt: string;
  idempotencyKey: string;
  replayed: boolean;
}

export interface Refused {
  code: string;
  detail: string;
  errors: { pointer: string }[];
  requestId: string;
  entitlement?: { access: boolean; consumption: unknown; reason: { code: string } };
}

/** An answer in a batch. */
export interface Item extends Partial<Recorded> {
  problem?: { status: number; code: string };
  entitlement?: { access: boolean };
}

export interface Periods {
  data: { start: string | null; end: string | null; used: number; current: boolean }[];
  hasMore: boolean;
  nextCursor: string | null;
}

interface Sent<Body> {
  status: number;
  type: string | null;
  body: Body;
}

/** Everybody's subscriptions begin here, on a 31st. */
export const ANCHOR = '2026-01-31T10:00:00.000Z';
export const NOW = '2026-03-01T12:00:00.000Z';

/**
 * An api with a feature to count (`calls`), one that is not counted (`sso`), and packages that have both: `gold` (10 a
 * month), `daily` (4 a day), `ever` (100, never reset).
 */
export class UsageSuite {
  /** Who the test is about. */
  user = '';
  private users = 0;

  constructor(
    readonly api: TestApi,
    readonly client: pg.Client,
  ) {}

  async newUser(): Promise<{ user: string; number: number }> {
    this.api.clock.set(NOW);
    this.users += 1;
    this.user = `user-${this.users}`;
    await insertUser(this.client, this.user, [`Alias ${this.users}`]);
    return { user: this.user, number: this.users };
  }

  /** Subscribes the user to a package. */
  hold(packageId: string, difference: Record<string, unknown> = {}): Promise<void> {
    return insertHeld(this.client, `psub_${this.user}_${packageId}`, `usr_${this.user}`, packageId, difference);
  }

  async send<Body = Recorded>(body: unknown, key: string | null = randomUUID()): Promise<Sent<Body>> {
    const keyHeader = key === null ? {} : { 'idempotency-key': key };
    const response = await fetch(`${this.api.url}/v1/usage`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.api.adminKey}`, 'content-type': 'application/json', ...keyHeader },
      body: JSON.stringify(body),
    });
    return { status: response.status, type: response.headers.get('content-type'), body: (await response.json()) as Body };
  }

  use(delta: number, more: object = {}, key?: string): Promise<Sent<Recorded>> {
    return this.send({ userId: this.user, featureId: 'calls', delta, ...more }, key);
  }

  async used(): Promise<number> {
    const { body } = await this.api.get<{ consumption: { used: number } }>(`/v1/users/${this.user}/entitlements/calls`);
    return body.consumption.used;
  }

  async periodsOf(query = ''): Promise<{ status: number; body: Periods }> {
    return this.api.get<Periods>(`/v1/users/${this.user}/usage/calls${query}`);
  }

  async close(): Promise<void> {
    await this.client.end();
    await this.api.close();
  }
}

export async function startUsageSuite(): Promise<UsageSuite> {
  const api = await startTestApi();
  const client = new pg.Client({ connectionString: api.databaseUrl });
  await client.connect();
  await api.post('/v1/features', { id: 'sso', name: 'Single sign-on', type: 'BINARY' });
  await api.post('/v1/features', { id: 'calls', name: 'API calls', type: 'CONSUMABLE' });
  for (const [id, terms] of Object.entries({ gold: { limit: 10, resetPeriod: 'MONTH' }, daily: { limit: 4, resetPeriod: 'DAY' }, ever: { limit: 100 } })) {
    await api.post('/v1/packages', { id, name: id, features: [{ featureId: 'sso' }, { featureId: 'calls', ...terms }] });
    await api.post(`/v1/packages/${id}/publish`);
  }
  return new UsageSuite(api, client);
}
