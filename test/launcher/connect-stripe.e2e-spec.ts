import { Writable } from 'node:stream';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { connectStripe } from '../../apps/standalone/src/demo/connect-stripe.js';
import { Terminal } from '../../apps/standalone/src/terminal.js';
import { type LiveKana, startLiveKana } from '../support/live.js';
import { newWebhookSecret } from '../support/webhooks.js';

let kana: LiveKana;
beforeAll(async () => {
  kana = await startLiveKana(20);
});
afterAll(() => kana.close());

/** What a start with this key and this secret says. */
async function start(stripeKey: string, webhookSecret?: string): Promise<string> {
  let said = '';
  const out = new Terminal(new Writable({ write: (chunk: Buffer, _encoding, done) => ((said += chunk.toString()), done()) }));
  await connectStripe({ apiUrl: kana.api.url, adminKey: kana.api.adminKey, stripeKey, webhookSecret, out });
  return said;
}

describe('a start with a Stripe key', () => {
  it('connects, and says where Stripe sends webhooks', async () => {
    const said = await start('rk_test_of_a_start');
    expect(said).toContain('Nothing was imported.');
    expect(said).toMatch(new RegExp(`Stripe sends webhooks to ${kana.publicUrl}/webhooks/stripe/conn_\\w+\\.`));
    expect(await start('rk_test_of_a_start')).toContain('Stripe sends webhooks to');
  });

  it('takes the secret of an endpoint that was made by hand, again and again', async () => {
    const secret = newWebhookSecret();
    const said = await start('rk_test_no_account_by_hand', secret);
    expect(said).toContain('Webhooks are verified with the secret that was given.');
    expect(said).not.toContain(secret);
    await start('rk_test_no_account_by_hand', secret);
    expect(await kana.sql(`select 1 from stripe_webhook_secret where source = 'GIVEN'`)).toHaveLength(1);
  });

  it('says what the key lacks', async () => {
    expect(await start('rk_test_no_account_no_webhook_endpoints_x')).toContain('There is no webhook endpoint. The key lacks Webhook Endpoints: Write');
  });
});
