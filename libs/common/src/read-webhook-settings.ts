import type { z } from 'zod';

import { urlOf, wrong } from './env-problem.js';

/** As Stripe and its CLI write them. */
const WEBHOOK_SECRET = /^whsec_[\w+/=-]{8,249}$/;

/** Whether this may be the signing secret of a webhook endpoint. */
export function isWebhookSecret(secret: string): boolean {
  return WEBHOOK_SECRET.test(secret);
}

export function readPublicUrl(value: string | undefined, context: z.RefinementCtx): string | undefined {
  const url = urlOf(value ?? '');
  const isRight = url !== undefined && /^https?:$/.test(url.protocol) && `${url.username}${url.password}${url.search}${url.hash}` === '';
  if (value === undefined || isRight) {
    return url?.href.replace(/\/+$/, '');
  }
  return wrong(context, 'must be an http or https address such as https://kana.example.com, without a user or a query; leave it out where Stripe cannot reach Kana');
}

export function readWebhookSecret(value: string | undefined, context: z.RefinementCtx): string | undefined {
  return value === undefined || isWebhookSecret(value)
    ? value
    : wrong(context, 'must be the signing secret of a webhook endpoint, which starts with whsec_; leave it out where Kana makes its endpoint itself (PUBLIC_URL)');
}
