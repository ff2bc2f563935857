import { afterEach, describe, expect, it } from '@jest/globals';

import { startTestApi, type TestApi } from '../support/api.js';
import { send } from '../support/send.js';
import { must, ONLY, startStripeWorld } from '../support/stripe-world.js';
import { newWebhookSecret, sendWebhook, signedEvent, wireEvent } from '../support/webhooks.js';

let api: TestApi;
afterEach(() => api.close());

const ask = (key: string | undefined) => send(`${api.url}/v1/features`, { key });

describe('limits', () => {
  it('slow down an address that fails to say a valid key, and nobody with one', async () => {
    api = await startTestApi({ RATE_LIMIT_FAILED_AUTH: '3' });
    const statuses = [];
    for (let index = 0; index < 5; index += 1) {
      statuses.push((await ask(index % 2 === 0 ? undefined : 'kana_test_guess')).status);
    }
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    const refused = await ask('kana_test_guess');
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect([refused.body['code'], refused.headers.get('retry-after')]).toEqual(['rate_limited', '20']);
    expect((await ask(api.adminKey)).status).toBe(200);
    api.clock.advance(20_000);
    expect([(await ask(undefined)).status, (await ask(undefined)).status]).toEqual([401, 429]);
  });

  it.each([['RATE_LIMIT_PER_KEY'], ['RATE_LIMIT_PER_ADDRESS']])('hold what %s says', async (setting) => {
    api = await startTestApi({ [setting]: '1' });
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(api.adminKey)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    expect(refused.every(({ body, headers }) => body['code'] === 'rate_limited' && Number(headers.get('retry-after')) >= 1)).toBe(true);
  });

  it('never concern what is public', async () => {
    api = await startTestApi({ RATE_LIMIT_PER_ADDRESS: '1', RATE_LIMIT_FAILED_AUTH: '1' });
    await Promise.all(Array.from({ length: 10 }, () => ask(undefined)));
    const live = await Promise.all(Array.from({ length: 10 }, () => send(`${api.url}/health/live`, {})));
    expect(live.map(({ status }) => status)).toEqual(live.map(() => 200));
  });

  it('slow down who forges webhooks, and never Stripe', async () => {
    const world = await startStripeWorld({ RATE_LIMIT_PER_ADDRESS: '2', RATE_LIMIT_FAILED_AUTH: '3' });
    ({ api } = world);
    await world.connect(ONLY);
    const secret = newWebhookSecret();
    await must(api.post(`/v1/stripe/connections/${ONLY}/webhook-secret`, { secret }));
    const webhook = async (index: number, signedWith: string, to = ONLY) => (await sendWebhook(`${api.url}/webhooks/stripe/${to}`, signedEvent(wireEvent(`evt_${index}`), signedWith))).status;
    expect([await webhook(0, 'forged'), await webhook(0, 'forged', 'conn_none'), await webhook(0, 'forged'), await webhook(0, 'forged')]).toEqual([400, 404, 400, 429]);
    const burst = await Promise.all(Array.from({ length: 300 }, (_, index) => webhook(index, secret)));
    expect(new Set(burst)).toEqual(new Set([200]));
    expect(await webhook(0, 'forged')).toBe(429);
    // Keys are counted apart.
    expect((await ask(undefined)).status).toBe(401);
    api.clock.advance(20_000);
    expect([await webhook(0, 'forged'), await webhook(0, 'forged')]).toEqual([400, 429]);
  });
});
