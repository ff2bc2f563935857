import { describe, expect, it } from '@jest/globals';

import type { EndpointFlaw, WebhookInspection } from '@app/stripe';

import { checkWebhook } from './check-webhook.js';

const WANTED = '2026-10-28.endive';
const inspection = (difference: Partial<WebhookInspection> = {}): WebhookInspection => ({
  maker: 'KANA',
  endpointId: 'we_1',
  url: 'https://kana.example.com/webhooks/stripe/conn_1',
  flaws: [],
  failure: null,
  known: { state: 'ACTIVE', detail: null },
  ...difference,
});
const flawed = (...flaws: EndpointFlaw[]): WebhookInspection => inspection({ flaws });
const NO_RIGHT = { state: 'RIGHT_MISSING', detail: 'The key lacks Webhook Endpoints: Write.' } as const;

describe('the doctor, of the way that webhooks come by', () => {
  it.each<[string, WebhookInspection, string, string, string, string]>([
    ['that was deleted', flawed({ kind: 'MISSING' }), 'webhook_missing', 'ERROR', 'we_1 is no longer there', '--repair'],
    ['that was never made', inspection({ endpointId: null, flaws: [{ kind: 'MISSING' }], known: { state: 'NO_PUBLIC_URL', detail: 'x' } }), 'webhook_missing', 'ERROR', 'There is no webhook endpoint in Stripe.', '--repair'],
    ['that the key may not make', inspection({ endpointId: null, flaws: [{ kind: 'MISSING' }], known: NO_RIGHT }), 'webhook_missing', 'ERROR', 'The key lacks Webhook Endpoints: Write.', 'Give the key Webhook Endpoints: Write'],
    ['that is disabled', flawed({ kind: 'DISABLED' }), 'webhook_disabled', 'ERROR', 'we_1 is disabled', '--repair'],
    ['that is disabled, and the key may not change', inspection({ flaws: [{ kind: 'DISABLED' }], known: NO_RIGHT }), 'webhook_disabled', 'ERROR', 'we_1 is disabled', 'Give the key Webhook Endpoints: Write'],
    ['that sends elsewhere', flawed({ kind: 'ADDRESS', found: 'https://old.example.com', wanted: 'https://kana.example.com' }), 'webhook_address', 'ERROR', 'sends to https://old.example.com instead of https://kana', '--repair'],
    ['that lacks event types', flawed({ kind: 'EVENTS_MISSING', events: ['a.1', 'a.2', 'a.3', 'a.4', 'a.5', 'a.6', 'a.7'] }), 'webhook_events_missing', 'ERROR', 'does not send a.1, a.2, a.3, a.4, a.5 and 2 more.', '--repair'],
    ['that sends too much', flawed({ kind: 'EVENTS_SUPERFLUOUS', events: ['*'] }), 'webhook_events_superfluous', 'WARNING', 'does not handle: *.', '--repair'],
    ['in another API version', flawed({ kind: 'API_VERSION', found: '2025-03-31.basil', wanted: WANTED }), 'webhook_version', 'ERROR', `2025-03-31.basil, and Kana reads ${WANTED}`, '--repair'],
    ['in the account’s own API version', flawed({ kind: 'API_VERSION', found: null, wanted: WANTED }), 'webhook_version', 'ERROR', 'in the account’s own API version', '--repair'],
    ['whose secret is lost', flawed({ kind: 'SECRET_LOST' }), 'webhook_secret_missing', 'ERROR', 'signs with a secret', '--repair'],
    ['that Kana made, and is disabled, without an address by now', inspection({ maker: 'KANA_BEFORE', flaws: [{ kind: 'DISABLED' }] }), 'webhook_disabled', 'ERROR', 'is disabled', 'PUBLIC_URL='],
    ['that was made by hand, and is disabled', inspection({ maker: 'SOMEBODY', endpointId: null, flaws: [{ kind: 'DISABLED' }] }), 'webhook_disabled', 'ERROR', 'The webhook endpoint is disabled', 'in the Stripe dashboard'],
    ['that was made by hand, in another API version', inspection({ maker: 'SOMEBODY', endpointId: null, flaws: [{ kind: 'API_VERSION', found: null, wanted: WANTED }] }), 'webhook_version', 'WARNING', 'in the account’s own', 'in the Stripe dashboard'],
    ['that the key may not look at', inspection({ failure: NO_RIGHT }), 'webhook_unseen', 'ERROR', 'may not look at', 'Give the key'],
    ['that Stripe does not show', inspection({ failure: { state: 'FAILED', detail: 'Stripe goes on failing.' } }), 'webhook_unseen', 'ERROR', 'Stripe goes on failing.', 'Try again'],
    ['where nobody can reach Kana', inspection({ maker: 'NOBODY', endpointId: null, url: null }), 'public_url_missing', 'WARNING', 'PUBLIC_URL is not set', 'PUBLIC_URL='],
  ])('finds an endpoint %s, and says what to do', (_name, seen, code, severity, what, cure) => {
    expect(checkWebhook(seen)).toEqual([{ code, severity, connectionId: null, what: expect.stringContaining(what), cure: expect.stringContaining(cure) }]);
  });

  it('names everything that is wrong', () => {
    expect(checkWebhook(flawed({ kind: 'DISABLED' }, { kind: 'EVENTS_MISSING', events: ['price.created'] })).map(({ code }) => code)).toEqual(['webhook_disabled', 'webhook_events_missing']);
  });

  it.each<[string, WebhookInspection, string]>([
    ['is as it is to be', inspection(), 'to https://kana.example.com/webhooks/stripe/conn_1.'],
    ['was made by hand', inspection({ maker: 'SOMEBODY', endpointId: null }), 'by hand, to https://kana'],
    ['was made by hand for another address', inspection({ maker: 'SOMEBODY', endpointId: null, url: null }), 'made by hand.'],
  ])('has nothing against one that %s', (_name, seen, what) => {
    expect(checkWebhook(seen)).toEqual([{ code: 'webhook', severity: 'OK', connectionId: null, what: expect.stringContaining(what), cure: null }]);
  });
});
