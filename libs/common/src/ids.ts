import { randomBytes } from 'node:crypto';

import type { Clock } from './clock.js';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_CHARACTERS = 10;
const RANDOM_BYTES = 10;

/** Prefixes of generated ids (api.md "Ids"). */
export type IdPrefix = 'usr' | 'psub' | 'imp' | 'recon' | 'iss' | 'conn' | 'map' | 'mrule' | 'key' | 'rec' | 'whs' | 'wrk' | 'cmd';

/**
 * Makes ids such as `psub_06f3k2…`: a prefix, 48 bits of milliseconds, 80 random bits, in Crockford's base 32.
 * The time comes first so that rows made together lie together in an index.
 */
export class IdFactory {
  constructor(private readonly clock: Clock) {}

  next(prefix: IdPrefix): string {
    return `${prefix}_${encodeTime(this.clock.now().getTime())}${encodeBytes(randomBytes(RANDOM_BYTES))}`;
  }
}

function encodeTime(milliseconds: number): string {
  let rest = milliseconds;
  let text = '';
  for (let position = 0; position < TIME_CHARACTERS; position += 1) {
    text = ALPHABET.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

function encodeBytes(bytes: Uint8Array): string {
  let text = '';
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET.charAt((buffer >> bits) & 31);
    }
    buffer &= (1 << bits) - 1;
  }
  return text;
}
