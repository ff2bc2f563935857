import { isUtf8 } from 'node:buffer';

import type Stripe from 'stripe';

import type { StripeMode } from '../connections/stripe-connection.entity.js';
import { type EventReading, readEvent, UnreadableEventError } from '../events/read-event.js';

/** Whose events are expected, and how they are read. */
export interface EventAddressee {
  readonly mode: StripeMode;
  readonly accountId: string;
  readonly userIdMetadataKey: string;
}

/** An authentic event as it is stored, and why nothing is to be done about it, where that is so. */
export interface WebhookReading extends Omit<EventReading, 'ignored' | 'livemode' | 'account'> {
  readonly ignored: EventReading['ignored'] | 'OTHER_MODE' | 'OTHER_ACCOUNT';
}

/**
 * Reads the body of an authentic webhook.
 *
 * @throws UnreadableEventError
 */
export function readWebhook(body: Uint8Array, addressee: EventAddressee): WebhookReading {
  return readForConnection(parseEvent(body), addressee);
}

/**
 * Of another mode or account Kana keeps that an event came, and nothing of what is in it: its ids are not those of the
 * connection (rules Y1, N3). An event that names no account is about the connection's own.
 */
function readForConnection(event: Stripe.Event, addressee: EventAddressee): WebhookReading {
  const { livemode, account, ...reading } = readEvent(event, addressee.userIdMetadataKey);
  requireStorable(reading);
  const ignored = strangeness(livemode, account, addressee);
  return ignored === null ? reading : { ...reading, ignored, object: null, body: null, servable: false };
}

function strangeness(livemode: boolean, account: string | null, { mode, accountId }: EventAddressee): 'OTHER_MODE' | 'OTHER_ACCOUNT' | null {
  if (livemode !== (mode === 'LIVE')) {
    return 'OTHER_MODE';
  }
  return account === null || account === accountId ? null : 'OTHER_ACCOUNT';
}

function parseEvent(body: Uint8Array): Stripe.Event {
  const parsed = isUtf8(body) ? parseJson(new TextDecoder().decode(body)) : undefined;
  if (typeof parsed !== 'object' || parsed === null) {
    throw new UnreadableEventError('it is no JSON object');
  }
  return parsed as Stripe.Event;
}

function parseJson(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    return undefined;
  }
}

/** What the readers of its parts have not looked at. */
function requireStorable({ type, apiVersion, idempotencyKey }: Pick<EventReading, 'type' | 'apiVersion' | 'idempotencyKey'>): void {
  for (const text of [type, apiVersion ?? '', idempotencyKey ?? '']) {
    if (typeof text !== 'string' || text.includes('\0') || !text.isWellFormed()) {
      throw new UnreadableEventError('a text in it is none');
    }
  }
}
