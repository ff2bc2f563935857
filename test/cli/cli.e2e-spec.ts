import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type Connected, startConnected } from '../support/connected.js';
import { eventually } from '../support/eventually.js';
import { holdPages } from '../support/hold-pages.js';
import { type CliEnd, runCli, startCli } from '../support/kana-cli.js';
import { administer } from '../support/test-server.js';

interface Finding {
  code: string;
  severity: string;
  cure: string | null;
}

let world: Connected;
let folder: string;
let settings: Record<string, string>;
beforeAll(async () => {
  world = await startConnected(130);
  world.api.clock.set(new Date());
  folder = await mkdtemp(join(tmpdir(), 'kana-cli-'));
  settings = { KANA_URL: world.api.url, KANA_API_KEY: world.api.adminKey };
});
afterAll(async () => {
  await world.close();
  await rm(folder, { recursive: true });
});

/** At a later time than whatever was before. */
async function kana(...words: string[]): Promise<CliEnd> {
  world.api.clock.advance(1000);
  return runCli(words, settings);
}
const json = <Body>({ out }: CliEnd): Body => JSON.parse(out) as Body;

describe('kana import', () => {
  it('tells of it in plain lines where there is no terminal, and ends with 0', async () => {
    const { code, out, errors } = await kana('import');
    expect([code, errors]).toEqual([0, '']);
    expect(out).toMatch(/^imp_\w+ has been asked for\.\n/);
    expect(out).toMatch(/imp_\w+ COMPLETED: 130 subscriptions: 0 created, 0 updated, 0 unchanged, 130 parked, 0 failed; 0 partly parked\.\n$/);
    expect(out).not.toContain('\r');
  }, 60_000);

  it('prints one JSON document and nothing else where it is asked to', async () => {
    const end = await kana('import', '--json', '--connection', world.connectionId);
    expect([end.code, end.errors, end.out.split('\n')]).toEqual([0, '', [expect.any(String), '']]);
    expect(json(end)).toMatchObject({ kind: 'IMPORT', status: 'COMPLETED', counts: { seen: 130 } });
  }, 60_000);

  it('tries it first where it is asked to', async () => {
    const end = await kana('import', '--dry-run', '--json');
    expect([end.code, json(end)]).toMatchObject([0, { kind: 'DRY_RUN', status: 'COMPLETED', counts: { seen: 130 } }]);
  }, 60_000);

  it('that fails ends with 1 and says why', async () => {
    const held = holdPages(world.sandbox, 1);
    const ofRun = startCli(['import'], settings);
    const runId = await eventually('the run', async () => /^imp_\w+/.exec(ofRun.out())?.[0]);
    await administer(world.api.databaseUrl, `update import_run set status = 'FAILED', finished_at = now(), lease_until = null, error = '{"code":"stripe_key_refused","detail":"Stripe refuses the key.","stripeRequestId":null}' where id = '${runId}'`);
    const { code, out } = await ofRun.ended;
    held.release();
    expect(code).toBe(1);
    expect(out).toContain('It failed (stripe_key_refused): Stripe refuses the key.');
  }, 60_000);

  it('that is interrupted ends with 130, and the run goes on', async () => {
    const held = holdPages(world.sandbox, 1);
    const ofRun = startCli(['import'], settings);
    await eventually('the run', async () => (ofRun.out().includes('has been asked for') ? true : undefined));
    ofRun.child.kill('SIGINT');
    const { code, errors } = await ofRun.ended;
    expect([code, errors]).toEqual([130, 'Interrupted. The run goes on without you: look with `npm run kana -- status`.\n']);
    const second = await kana('import', '--json');
    expect([second.code, json(second)]).toMatchObject([3, { error: { code: 'import_running' } }]);
    held.release();
    await eventually('the end', async () => ((await kana('status', '--json')).out.includes('"activeImport":null') ? true : undefined));
  }, 90_000);
});

describe('kana reconcile', () => {
  it('follows it to its end', async () => {
    const end = await kana('reconcile', '--json');
    expect([end.code, json(end)]).toMatchObject([0, { kind: 'RECONCILIATION', status: 'COMPLETED', brake: null }]);
  }, 60_000);
});

describe('kana events replay, keys create and status', () => {
  it('makes the events due again that are named, or that are in a state', async () => {
    expect(json(await kana('events', 'replay', '--state', 'DEAD', '--json'))).toEqual({ replayed: 0 });
    const unknown = await kana('events', 'replay', '--id', 'evt_none');
    expect([unknown.code, unknown.errors]).toEqual([3, expect.stringContaining('evt_none')]);
    expect((await kana('events', 'replay', '--state', 'SOMEHOW')).code).toBe(3);
  }, 60_000);

  it('makes a key that opens, with the scopes that were asked for', async () => {
    const made = json<{ key: string; scopes: string[] }>(await kana('keys', 'create', '--name', 'From a terminal', '--scopes', 'read', '--json'));
    expect(made.scopes).toEqual(['read']);
    expect((await runCli(['status'], { ...settings, KANA_API_KEY: made.key })).code).toBe(0);
    const refused = await runCli(['import'], { ...settings, KANA_API_KEY: made.key });
    expect([refused.code, refused.errors]).toEqual([3, 'This key may not do that: it needs the scope `write`.\n']);
  }, 60_000);

  it('finds the key that npm start has made in its data folder', async () => {
    await writeFile(join(folder, 'admin-key'), `${world.api.adminKey}\n`, { mode: 0o600 });
    const found = await runCli(['status'], { KANA_URL: world.api.url, DATA_DIR: folder });
    expect([found.code, found.out]).toEqual([0, expect.stringContaining(world.connectionId)]);
    const without = await runCli(['status'], { KANA_URL: world.api.url, DATA_DIR: join(folder, 'nowhere') });
    expect([without.code, without.errors]).toEqual([3, expect.stringContaining('There is no API key.')]);
  }, 60_000);
});

describe('kana doctor', () => {
  const find = (end: CliEnd): Map<string, Finding> => new Map(json<{ findings: Finding[] }>(end).findings.map((each) => [each.code, each]));

  it('finds nothing worse than what a deployment without an address has', async () => {
    const end = await kana('doctor', '--json');
    expect(end.code).toBe(0);
    expect([...find(end).values()].filter(({ severity }) => severity === 'ERROR')).toEqual([]);
    expect(find(end).get('public_url_missing')).toMatchObject({ severity: 'WARNING', cure: expect.stringContaining('PUBLIC_URL=') });
  }, 60_000);

  it('finds a gap, and names its cure in plain lines', async () => {
    // Nobody polls meanwhile: who finds a gap has it healed at once.
    await administer(world.api.databaseUrl, `update sync_stream set gap_since = 1772366400, fence = fence + 1, lease_until = now() + interval '1 hour'`);
    const plain = await kana('doctor');
    expect([plain.code, plain.out]).toEqual([1, expect.stringMatching(/conn_\w+\n(?: .*\n)* {2}ERROR {4}Events may have been missed since .* \(gap\)\n {11}→ npm run kana -- import\n(?:.*\n)*1 error, /)]);
    await administer(world.api.databaseUrl, `update sync_stream set gap_since = null, lease_until = null`);
  }, 60_000);

  it('finds a migration that is pending, and asks nothing more', async () => {
    await administer(world.api.databaseUrl, `create table kept_migration as select * from schema_migration; delete from schema_migration where id = (select max(id) from schema_migration)`);
    const end = await kana('doctor', '--json');
    await administer(world.api.databaseUrl, `insert into schema_migration select * from kept_migration k where not exists (select 1 from schema_migration m where m.id = k.id)`);
    expect(end.code).toBe(1);
    expect(find(end).get('schema_behind')).toMatchObject({ severity: 'ERROR', cure: expect.stringContaining('npm start') });
  }, 60_000);
});

describe('kana with words that it does not know', () => {
  it.each([[['import', '--bogus']], [['imports']], [['events', 'replay']], [['events', 'replay', '--id', 'evt_1', '--state', 'DEAD']], [['keys', 'create', '--name', 'x']], [['status', 'now']]])('ends with 2 and says how it is used: %j', async (words) => {
    const end = await runCli(words, settings);
    expect([end.code, end.out]).toEqual([2, '']);
    expect(end.errors).toMatch(/Usage: |--help/);
  }, 60_000);

  it.each([[['--help']], [['import', '--help']], [['help', 'keys', 'create']]])('helps with 0: %j', async (words) => {
    const { code, out } = await runCli(words, {});
    expect([code, out]).toEqual([0, expect.stringContaining('Usage: npm run kana -- ')]);
  }, 60_000);
});

describe('kana with nobody there', () => {
  it('ends with 3 and says what to do', async () => {
    const { code, errors } = await runCli(['status'], { KANA_URL: 'http://127.0.0.1:1', KANA_API_KEY: 'x' });
    expect([code, errors]).toEqual([3, expect.stringContaining('Start Kana with `npm start`')]);
  }, 60_000);
});
