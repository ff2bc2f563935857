import pg from 'pg';

import { PEOPLE, SECRETS } from './canaries.js';
import { eventually } from './eventually.js';

/** What a ring was lost for the next sweep finds, which comes every 15 s; then Stripe is tried again. */
const SWEPT_MS = 60_000;

/** What the api was asked, and all that it said. */
export interface WalkAnswer {
  readonly asked: string;
  readonly status: number;
  readonly requestId: string | null;
  readonly text: string;
}

interface Request {
  readonly key?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Carries secrets and people through a Kana, by every way that leads in, so that they can be looked for afterwards. */
export class CanaryWalk {
  readonly answers: WalkAnswer[] = [];

  /** @param workerLog what the worker has logged so far */
  constructor(
    readonly url: string,
    readonly databaseUrl: string,
    private readonly workerLog: () => string,
  ) {}

  async ask(method: string, path: string, { key = SECRETS.admin, body, headers = {} }: Request = {}): Promise<WalkAnswer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json', 'idempotency-key': `canary-${this.answers.length}` }), ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const answer = { asked: `${method} ${path}`, status: response.status, requestId: response.headers.get('x-request-id'), text: await response.text() };
    this.answers.push(answer);
    return answer;
  }

  post(path: string, body: object): Promise<WalkAnswer> {
    return this.ask('POST', path, { body: JSON.stringify(body) });
  }

  async runSql(statement: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: this.databaseUrl });
    await client.connect();
    try {
      const { rows } = await client.query<Record<string, unknown>>(statement);
      return rows;
    } finally {
      await client.end();
    }
  }

  /** Through the paths, queries, headers and bodies of requests that succeed, are refused, and break. */
  async knockAtEveryDoor(): Promise<void> {
    const id = encodeURIComponent(PEOPLE.id);
    await this.post('/v1/users', { id: PEOPLE.id, name: PEOPLE.name, email: PEOPLE.email });
    await this.post('/v1/users', { id: PEOPLE.id, name: PEOPLE.name, email: PEOPLE.email });
    await this.ask('GET', `/v1/users/${id}`);
    await this.ask('GET', `/v1/users/${id}/entitlements/nothing?email=${encodeURIComponent(PEOPLE.query)}`);
    await this.ask('GET', `/no/such/${id}?key=${SECRETS.callerStripe}&email=${encodeURIComponent(PEOPLE.query)}`);
    await this.ask('GET', `/v1/users/%zz${id}`);
    await this.ask('GET', '/v1/users', { key: SECRETS.bearer });
    await this.ask('GET', '/v1/users', { key: SECRETS.callerStripe });
    await this.ask('GET', '/v1/features', { headers: { 'x-request-id': SECRETS.webhook, 'x-api-key': SECRETS.callerStripe, cookie: `session=${SECRETS.webhook}` } });
    await this.ask('GET', '/v1/features', { headers: { 'stripe-signature': SECRETS.webhook, 'user-agent': PEOPLE.query, referer: `https://x.example/${PEOPLE.query}` } });
    await this.ask('POST', '/v1/users', { body: `{"id":"${PEOPLE.id}","email":"${PEOPLE.email}","secret":` });
    await this.post('/v1/users', { id: 'x', secret: SECRETS.webhook, email: { of: PEOPLE.email } });
    await this.post('/v1/features', { id: 'x', name: PEOPLE.name, type: SECRETS.callerStripe });
    await this.post('/v1/stripe/connections', { apiKey: SECRETS.refusedStripe });
    await this.post('/v1/stripe/connections', { apiKey: SECRETS.callerStripe });
    await this.breakTheDatabase();
  }

  /** Starts an import whose every wake-up fails, with much to say, until the worker has told of one; then lets it fail by itself. */
  async importUntilItFails(connectionId: string): Promise<string> {
    await this.runSql(`create function refuse() returns trigger language plpgsql as $$ begin
      raise exception 'Trouble with % and %', '${PEOPLE.email}', '${SECRETS.stripe}'; end $$`);
    await this.runSql('create trigger refuse before update on import_run for each row execute function refuse()');
    const started = await this.post('/v1/stripe/imports', { connectionId });
    const runId = (JSON.parse(started.text) as { id: string }).id;
    await eventually('a ring that is not answered', async () => (this.workerLog().includes('A ring was not answered to the end') ? true : undefined), SWEPT_MS);
    await this.runSql('drop trigger refuse on import_run');
    await eventually('the end of the run', async () => {
      const [run] = await this.runSql(`select status from import_run where id = '${runId}'`);
      return run?.['status'] === 'FAILED' ? true : undefined;
    }, SWEPT_MS);
    for (const path of [`/v1/stripe/imports/${runId}`, `/v1/stripe/connections/${connectionId}`, '/v1/sync/issues', '/health/ready', '/metrics', '/openapi.json']) {
      await this.ask('GET', path);
    }
    return runId;
  }

  /** Has a price made, and then a customer for the person, at which Stripe fails and then refuses; looks at all that is told of it. @returns how the commands ended */
  async payUntilItFails(): Promise<string[]> {
    await this.post('/v1/features', { id: 'canary', name: 'Canary', type: 'BINARY' });
    await this.post('/v1/packages', { id: 'canary', name: 'Canary', features: [{ featureId: 'canary' }] });
    await this.ask('POST', '/v1/packages/canary/publish');
    const terms = { currency: 'usd', interval: 'MONTH' };
    await this.ask('POST', '/v1/packages/canary/prices', { body: JSON.stringify({ ...terms, amount: 4900 }), headers: { prefer: 'wait=20' } });
    const paid = await this.post('/v1/subscriptions', { ...terms, userId: PEOPLE.id, packageIds: ['canary'], billing: 'STRIPE' });
    if (paid.status !== 202) {
      throw new Error(`A subscription was to be asked for, and the api answered ${paid.status}: ${paid.text}`);
    }
    const ended = await eventually('the end of the commands', async () => {
      const rows = await this.runSql(`select id, state from sync_command order by created_at, id`);
      return rows.length === 3 && rows.every(({ state }) => ['APPLIED', 'FAILED'].includes(String(state))) ? rows : undefined;
    }, SWEPT_MS);
    // It is told of after its end.
    await eventually('the issue of what Stripe has refused', async () => (await this.runSql(`select 1 from sync_issue where kind = 'COMMAND_FAILED' and evidence::text like '%No such thing%'`))[0], SWEPT_MS);
    for (const path of ['/v1/sync/commands', ...ended.map(({ id }) => `/v1/sync/commands/${String(id)}`), '/v1/sync/issues', '/metrics']) {
      await this.ask('GET', path);
    }
    return ended.map(({ state }) => String(state));
  }

  /** Every row of every table, the queue's too, as text. */
  async dump(): Promise<Map<string, string>> {
    const tables = await this.runSql(`select table_schema as schema, table_name as name from information_schema.tables where table_schema in ('public', 'bullmq') and table_type = 'BASE TABLE'`);
    const texts = new Map<string, string>();
    for (const { schema, name } of tables) {
      const rows = await this.runSql(`select to_jsonb(t) as row from ${String(schema)}."${String(name)}" t`);
      texts.set(`${String(schema)}.${String(name)}`, JSON.stringify(rows));
    }
    return texts;
  }

  /** PostgreSQL's own complaints: about a value that it repeats, and about a row that it shows. */
  private async breakTheDatabase(): Promise<void> {
    await this.runSql(`create function complain() returns trigger language plpgsql as $$ begin
      if new.name like '%value%' then perform new.name::integer; end if; return new; end $$`);
    await this.runSql('create trigger complain before insert on kana_user for each row execute function complain()');
    await this.runSql(`alter table kana_user add constraint canary check (name not like '%row%') not valid`);
    for (const name of [`${PEOPLE.name} value`, `${PEOPLE.name} row`]) {
      const { status } = await this.post('/v1/users', { id: `of ${name}`, name, email: PEOPLE.email });
      if (status !== 500) {
        throw new Error(`The database was to break, and the api answered ${status}.`);
      }
    }
    await this.runSql('drop trigger complain on kana_user; alter table kana_user drop constraint canary');
  }
}
