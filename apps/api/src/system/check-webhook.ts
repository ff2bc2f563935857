import { assertNever } from '@app/common';
import type { EndpointFlaw, WebhookInspection } from '@app/stripe';

import { failure, fine, type Finding, warning } from './findings.js';

const SHOWN_EVENTS = 5;
const REPAIR = '`npm run kana -- doctor --repair` puts it right, as does POST /v1/stripe/connections/{id}/check.';
const GIVE_RIGHT = 'Give the key Webhook Endpoints: Write in the Stripe dashboard (Developers, API keys), then: npm run kana -- doctor --repair.';
const BY_HAND = 'It was made by hand: put it right in the Stripe dashboard (Developers, Webhooks).';
const NO_ADDRESS = 'Start with PUBLIC_URL=https://…, an address that Stripe can reach; then: npm run kana -- doctor --repair.';

const CURES: Record<WebhookInspection['maker'], string> = { KANA: REPAIR, KANA_BEFORE: NO_ADDRESS, SOMEBODY: BY_HAND, NOBODY: NO_ADDRESS };

/** The way that webhooks come by, flaw by flaw. */
export function checkWebhook(inspection: WebhookInspection): Finding[] {
  const { maker, failure: refused, flaws, known, url } = inspection;
  if (refused !== null) {
    const isRight = refused.state === 'RIGHT_MISSING';
    return [failure({ code: 'webhook_unseen', what: isRight ? 'The key may not look at Stripe’s webhook endpoints: whether they still send cannot be told.' : `The webhook endpoint cannot be looked at: ${refused.detail}`, cure: isRight ? GIVE_RIGHT : 'Try again; see what status.stripe.com says.' })];
  }
  if (maker === 'NOBODY') {
    return [warning({ code: 'public_url_missing', what: 'Stripe sends no webhooks, as PUBLIC_URL is not set: changes are found by asking, every 10 s.', cure: 'Start with PUBLIC_URL=https://…, an address that Stripe can reach.' })];
  }
  if (flaws.length === 0) {
    return [fine('webhook', maker === 'SOMEBODY' ? `Webhooks are to come from an endpoint that was made by hand${url === null ? '' : `, to ${url}`}.` : `Stripe sends webhooks to ${url}.`)];
  }
  const cure = known.state === 'RIGHT_MISSING' && maker === 'KANA' ? GIVE_RIGHT : CURES[maker];
  return flaws.map((flaw) => toFinding(flaw, inspection, cure));
}

function toFinding(flaw: EndpointFlaw, { maker, known, endpointId }: WebhookInspection, cure: string): Finding {
  const endpoint = endpointId === null ? 'The webhook endpoint' : `The webhook endpoint ${endpointId}`;
  switch (flaw.kind) {
    case 'MISSING':
      return failure({ code: 'webhook_missing', what: endpointId === null ? `There is no webhook endpoint in Stripe.${whyOf(known)}` : `${endpoint} is no longer there in Stripe.`, cure });
    case 'DISABLED':
      return failure({ code: 'webhook_disabled', what: `${endpoint} is disabled in Stripe: it sends nothing.`, cure });
    case 'ADDRESS':
      return failure({ code: 'webhook_address', what: `${endpoint} sends to ${flaw.found} instead of ${flaw.wanted}.`, cure });
    case 'EVENTS_MISSING':
      return failure({ code: 'webhook_events_missing', what: `${endpoint} does not send ${listed(flaw.events)}.`, cure });
    case 'EVENTS_SUPERFLUOUS':
      return warning({ code: 'webhook_events_superfluous', what: `${endpoint} sends what Kana does not handle: ${listed(flaw.events)}.`, cure });
    case 'API_VERSION': {
      const wrong = { code: 'webhook_version', what: `${endpoint} sends in ${flaw.found === null ? 'the account’s own API version' : `the API version ${flaw.found}`}, and Kana reads ${flaw.wanted}: each event costs a request to Stripe.`, cure };
      return maker === 'SOMEBODY' ? warning(wrong) : failure(wrong);
    }
    case 'SECRET_LOST':
      return failure({ code: 'webhook_secret_missing', what: `${endpoint} signs with a secret that Kana does not have, or cannot open: its webhooks are refused.`, cure });
    default:
      return assertNever(flaw);
  }
}

/** What Kana met when it wanted to make one. */
function whyOf({ state, detail }: WebhookInspection['known']): string {
  return detail !== null && (state === 'RIGHT_MISSING' || state === 'FAILED') ? ` ${detail}` : '';
}

function listed(events: readonly string[]): string {
  const more = events.length - SHOWN_EVENTS;
  return `${events.slice(0, SHOWN_EVENTS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
