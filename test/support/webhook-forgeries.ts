import { createHmac } from 'node:crypto';

import fc from 'fast-check';

/** A webhook as it goes over the wire. */
export interface SentWebhook {
  readonly body: Buffer;
  /** `Stripe-Signature`; undefined = the header is not there. */
  readonly header: string | undefined;
}

/** What Stripe would send now, and what a forger knows besides. */
export interface Genuine {
  readonly body: Buffer;
  readonly secrets: readonly string[];
  /** Seconds of the clock that signatures are measured by. */
  readonly now: number;
}

/** How far from now a time is certainly refused, whatever passes between signing and looking. */
const FAR_SECONDS = 330;
const DIGITS = '0123456789abcdef';

/** Stripe's header over exactly these bytes, one `v1` for each secret. */
export function signed(body: Buffer, secrets: readonly string[], second: number): string {
  const signatures = secrets.map((secret) => `v1=${createHmac('sha256', secret).update(`${second}.`).update(body).digest('hex')}`);
  return [`t=${second}`, ...signatures].join(',');
}

type Forgery = fc.Arbitrary<SentWebhook>;

/** Any of the ways in which a webhook is not what Stripe signed a moment ago with a secret that counts. */
export function forgery(genuine: Genuine): Forgery {
  return fc.oneof(
    { weight: 3, arbitrary: changedBody(genuine) },
    { weight: 3, arbitrary: changedHeader(genuine) },
    { weight: 2, arbitrary: changedTime(genuine) },
    { weight: 2, arbitrary: changedSecret(genuine) },
  );
}

function changedBody({ body, secrets, now }: Genuine): Forgery {
  const header = signed(body, secrets, now);
  const at = fc.nat(body.length - 1);
  const flipped = fc.tuple(at, fc.nat(7)).map(([index, bit]) => {
    const changed = Buffer.from(body);
    changed.writeUInt8(changed.readUInt8(index) ^ (1 << bit), index);
    return changed;
  });
  const inserted = fc.tuple(at, fc.uint8Array({ minLength: 1, maxLength: 4 })).map(([index, bytes]) => Buffer.concat([body.subarray(0, index), bytes, body.subarray(index)]));
  const cut = fc.tuple(at, fc.integer({ min: 1, max: 40 })).map(([index, count]) => Buffer.concat([body.subarray(0, index), body.subarray(index + count)]));
  const same = fc.constantFrom(...sameMeaning(body));
  return fc.oneof(flipped, inserted, cut, same, fc.constant(Buffer.alloc(0))).filter((changed) => !changed.equals(body)).map((changed) => ({ body: changed, header }));
}

/** Says the same to whoever parses it, and is not what was signed. */
function sameMeaning(body: Buffer): Buffer[] {
  const text = body.toString();
  const event = JSON.parse(text) as Record<string, unknown>;
  const turned = Object.fromEntries(Object.entries(event).toReversed());
  const texts = [`${text} `, ` ${text}`, `${text}\n`, `\uFEFF${text}`, JSON.stringify(event, null, 2), JSON.stringify(turned), text.replace('{', '{"livemode":false,'), text.replaceAll('evt', String.raw`\u0065vt`)];
  return [...texts.map((one) => Buffer.from(one)), Buffer.from(text, 'utf16le'), Buffer.concat([body, body])];
}

function changedHeader({ body, secrets, now }: Genuine): Forgery {
  const header = signed(body, secrets, now);
  const [time = '', ...signatures] = header.split(',');
  const hex = signatures.map((one) => one.slice(3));
  const wrongDigit = fc.tuple(fc.nat(63), fc.integer({ min: 1, max: 15 })).map(([index, step]) =>
    hex.map((one) => `v1=${one.slice(0, index)}${DIGITS.charAt((DIGITS.indexOf(one.charAt(index)) + step) % 16)}${one.slice(index + 1)}`),
  );
  const cut = fc.integer({ min: 0, max: 63 }).map((length) => hex.map((one) => `v1=${one.slice(0, length)}`));
  const grown = fc.constantFrom('0', '00', ' ', '=', '\t', ';', 'g').map((tail) => hex.map((one) => `v1=${one}${tail}`));
  const scheme = fc.constantFrom('v0', 'v2', 'V1', ' v1', 'v11', 'v', '').map((name) => hex.map((one) => `${name}=${one}`));
  const upper = fc.constant(hex.map((one) => `v1=${one.replace(/[a-f]/, (digit) => digit.toUpperCase())}`));
  const withTime = fc.oneof(wrongDigit, cut, grown, scheme, upper).map((changed) => [time, ...changed].join(','));
  const otherTime = fc.constantFrom(`t=${now + 1}`, `t=${now - 1}`, `t=0${now}`, `t=+${now}`, `t= ${now}`, `t=${now}.0`, `t=${now}e0`, `t=-${now}`, 't=', 't', 'T=1', `t=${now},t=${now}`, `t=${now},t=1`).map((changed) => [changed, ...signatures].join(','));
  const whole = fc.constantFrom<(string | undefined)[]>(undefined, '', ',', time, signatures.join(','), header.replaceAll(',', ';'), header.replaceAll('=', ':'), encodeURIComponent(header), `"${header}"`);
  return fc.oneof(withTime, otherTime, whole, fc.string({ unit: 'grapheme-ascii', maxLength: 100 })).map((changed) => ({ body, header: changed }));
}

function changedTime({ body, secrets, now }: Genuine): Forgery {
  const distance = fc.oneof(fc.integer({ min: FAR_SECONDS, max: 4000 }), fc.integer({ min: 4000, max: 100_000_000 }));
  const offset = fc.tuple(distance, fc.boolean()).map(([seconds, isPast]) => (isPast ? -seconds : seconds));
  return offset.map((seconds) => ({ body, header: signed(body, secrets, now + seconds) }));
}

function changedSecret({ body, secrets, now }: Genuine): Forgery {
  const near = secrets.flatMap((secret) => [secret.replace('whsec_', ''), `${secret}\n`, ` ${secret}`, secret.toUpperCase(), secret.slice(0, -1), `${secret}0`]);
  const other = fc.oneof(fc.constantFrom('', 'whsec_', 'undefined', 'null', '[object Object]', ...near), fc.string({ minLength: 1, maxLength: 64 }));
  return other.filter((secret) => !secrets.includes(secret)).map((secret) => ({ body, header: signed(body, [secret], now) }));
}
