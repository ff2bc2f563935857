import { Injectable } from '@nestjs/common';

import { KanaError } from '@app/common';

import { checkSignature, type SignatureVerdict, type SignedBody } from './check-signature.js';
import type { EventAddressee } from './read-webhook.js';
import { type KeysReading, WebhookKeys } from './webhook-keys.js';

/** What was read within this time is not read again for one that does not pass: it could not say anything else, and forgers are patient. */
const FRESH_MS = 100;

/** Whether a webhook is to be believed. The connection is the one that the path names, whatever the body says. */
export type WebhookVerdict =
  | { readonly kind: 'AUTHENTIC'; readonly addressee: EventAddressee }
  | { readonly kind: 'UNKNOWN_CONNECTION' }
  | { readonly kind: 'DISCONNECTED' }
  | { readonly kind: 'REFUSED'; readonly why: Exclude<SignatureVerdict, 'RIGHT'> };

/** Tells what Stripe has signed from what anybody else sends (rule Y1). */
@Injectable()
export class WebhookVerifier {
  constructor(private readonly keys: WebhookKeys) {}

  /**
   * What does not pass is looked at once more with what is stored now: a connection or a secret may be younger than what
   * this process remembers, and Stripe would try a refused one again only after minutes or hours.
   *
   * @throws KanaError `secret_unreadable`, `database_unavailable`
   */
  async verify(connectionId: string, signed: SignedBody): Promise<WebhookVerdict> {
    const known = await this.keys.current();
    const verdict = judge(known, connectionId, signed);
    if (verdict.kind === 'AUTHENTIC' || known.ageMs < FRESH_MS) {
      return believed(verdict, known, connectionId);
    }
    const renewed = await this.keys.renewed();
    return believed(judge(renewed, connectionId, signed), renewed, connectionId);
  }
}

function judge(known: KeysReading, connectionId: string, signed: SignedBody): WebhookVerdict {
  const addressee = known.of(connectionId);
  if (addressee === undefined) {
    return { kind: 'UNKNOWN_CONNECTION' };
  }
  if (!addressee.isConnected) {
    return { kind: 'DISCONNECTED' };
  }
  const why = checkSignature(signed, addressee.secrets, known.now());
  return why === 'RIGHT' ? { kind: 'AUTHENTIC', addressee } : { kind: 'REFUSED', why };
}

/** What may be signed with a secret that cannot be read is not called a forgery: Stripe shall try again. */
function believed(verdict: WebhookVerdict, known: KeysReading, connectionId: string): WebhookVerdict {
  if (verdict.kind === 'REFUSED' && verdict.why === 'WRONG' && known.of(connectionId)?.hasUnreadable === true) {
    throw new KanaError('UNAVAILABLE', 'secret_unreadable', 'A webhook secret cannot be read with this encryption key. Start with the KANA_ENCRYPTION_KEY that it was stored with, or rotate the webhook secret.');
  }
  return verdict;
}
