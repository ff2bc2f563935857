import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startTestApi } from '../support/api.js';
import { runCli } from '../support/kana-cli.js';
import { type LiveKana, startLiveKana } from '../support/live.js';
import { freePort } from '../support/processes.js';
import { send } from '../support/send.js';
import { must } from '../support/stripe-world.js';

interface Told {
  findings: { code: string; level: string; connectionId: string | null; cure: string | null }[];
}
interface Endpoints {
  data: { id: string; status: string }[];
}

const CONNECTIONS = '/v1/stripe/connections';

async function examine(url: string, adminKey: string): Promise<{ code: number | null; bad: Told['findings'] }> {
  const { code, out } = await runCli(['doctor', '--json'], { KANA_URL: url, KANA_API_KEY: adminKey });
  return { code, bad: (JSON.parse(out) as Told).findings.filter(({ level }) => level === 'error') };
}

describe('the doctor, of what is wrong in Stripe', () => {
  let kana: LiveKana;
  beforeAll(async () => {
    kana = await startLiveKana(10);
  });
  afterAll(() => kana.close());

  const connect = (apiKey: string) => must(kana.api.post<{ id: string }>(CONNECTIONS, { apiKey }));

  it('has an endpoint that was deleted put right', async () => {
    await connect('rk_test_doctor');
    const endpoints = async () => (await send<Endpoints>(`${kana.sandbox.url}/v1/webhook_endpoints`, { key: 'sk_test_x' })).body.data;
    const [{ id } = { id: '' }] = await endpoints();
    await send(`${kana.sandbox.url}/v1/webhook_endpoints/${id}`, { method: 'DELETE', key: 'sk_test_x' });
    expect(await endpoints()).toEqual([]);
    expect(await examine(kana.api.url, kana.api.adminKey)).toEqual({ code: 0, bad: [] });
    expect((await endpoints()).map(({ status }) => status)).toEqual(['enabled']);
  }, 90_000);

  it('finds a key that may not make one', async () => {
    const { id } = await connect('rk_test_no_account_no_webhook_endpoints_write_x');
    expect(await examine(kana.api.url, kana.api.adminKey)).toMatchObject({ code: 1, bad: [{ code: 'webhook_failed', connectionId: id }] });
  }, 90_000);
});

describe('the doctor, of a Redis that is away', () => {
  it('says so', async () => {
    const api = await startTestApi({ REDIS_URL: `redis://127.0.0.1:${await freePort()}` });
    const { code, bad } = await examine(api.url, api.adminKey);
    await api.close();
    expect([code, bad]).toMatchObject([1, [{ code: 'queue_away' }]]);
  }, 90_000);
});
