import { createHmac } from 'node:crypto';

/** Stripe's header over the exact bytes of a body: `t=…,v1=…`, with one `v1` for each secret that is valid. */
export function sign(body: Buffer, secrets: readonly string[], second: number): string {
  const signatures = secrets.map((secret) => `v1=${createHmac('sha256', secret).update(`${second}.`).update(body).digest('hex')}`);
  return [`t=${second}`, ...signatures].join(',');
}
