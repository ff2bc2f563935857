import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { choosePlace, type Place, Rehearsal, removePlace } from '../launcher/rehearsal.js';
import { answerAsStripe, EVERY_SECRET, found, PEOPLE, SECRETS } from '../support/canaries.js';
import { CanaryWalk } from '../support/canary-walk.js';
import { type FakeStripe, startFakeStripe } from '../support/fake-stripe.js';
import { describeOnBothBackends } from '../support/queue-backends.js';

const PATIENCE_MS = 180_000;

/** The embedded server's, as the operations manual finds it. */
function databaseUrlOf({ dataDir }: Place): string {
  const { folder, superuser, password } = JSON.parse(readFileSync(join(dataDir, 'postgres.json'), 'utf8')) as Record<string, string>;
  const port = readFileSync(join(resolve(dataDir, folder ?? ''), 'postmaster.pid'), 'utf8').split('\n')[3] ?? '';
  return `postgresql://${superuser}:${password}@127.0.0.1:${port}/kana`;
}

describeOnBothBackends('what a start like npm start leaves behind', (backend) => {
  let place: Place;
  let stripe: FakeStripe;
  let kana: Rehearsal;
  let walk: CanaryWalk;
  let queues: Map<string, string>;

  const logs = (): [name: string, text: string][] => {
    const folder = join(place.dataDir, 'logs');
    return readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
  };

  beforeAll(async () => {
    stripe = await startFakeStripe(answerAsStripe);
    const chosen = await choosePlace();
    const settings = { STRIPE_SECRET_KEY: SECRETS.stripe, STRIPE_API_BASE: stripe.url, KANA_ADMIN_KEY: SECRETS.admin, KANA_ENCRYPTION_KEY: SECRETS.encryption, LOG_LEVEL: 'trace' };
    place = { ...chosen, env: { ...chosen.env, ...settings, ...backend.settings() } };
    kana = await Rehearsal.start(place);
    walk = new CanaryWalk(place.apiUrl, databaseUrlOf(place), () => readFileSync(join(place.dataDir, 'logs', 'worker.log'), 'utf8'));
    await walk.knockAtEveryDoor();
    const { text } = await walk.ask('GET', '/v1/stripe/connections');
    const [connection] = (JSON.parse(text) as { data: { id: string }[] }).data;
    await walk.importUntilItFails(connection?.id ?? '');
    await walk.payUntilItFails();
    const tables = [...(await walk.dump())].filter(([name]) => name.startsWith('bullmq.'));
    queues = backend.name === 'redis' ? await backend.redis().dump() : new Map(tables);
    kana.process.kill('SIGINT');
    await kana.ended;
  }, PATIENCE_MS);

  afterAll(async () => {
    kana.process.kill('SIGKILL');
    await stripe.close();
    removePlace(place);
  });

  it('was told everything, by every process', () => {
    expect(logs().map(([name]) => name).sort()).toEqual(['api.log', 'postgres.log', 'worker.log']);
    expect(logs().filter(([, text]) => text.length < 500).map(([name]) => name)).toEqual([]);
    expect(stripe.asked.map(({ key }) => key)).toEqual(expect.arrayContaining([SECRETS.stripe, SECRETS.refusedStripe]));
    expect([...queues.values()].join('\n')).toContain('The ring was not answered to the end');
  });

  it('names no secret and nobody in any log file, nor on the terminal', () => {
    const texts = [...logs(), ['the terminal', kana.output] as const];
    expect(texts.flatMap(([name, text]) => found(text, { ...EVERY_SECRET, ...PEOPLE }).map((canary) => `${canary} in ${name}`))).toEqual([]);
    expect(texts.map(([, text]) => text).join('\n')).not.toMatch(/canary-(name|stripe)/i);
  });

  it('names no secret and nobody in what the queues hold', () => {
    expect(queues.size).toBeGreaterThan(3);
    expect([...queues].flatMap(([name, text]) => found(`${name} ${text}`, { ...EVERY_SECRET, ...PEOPLE }).map((canary) => `${canary} in ${name}`))).toEqual([]);
  });
});
