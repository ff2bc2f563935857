import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

import { KanaError } from './errors.js';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = 'v1';

/**
 * Encrypts secrets at rest (rule N2): AES-256-GCM, the place where the secret is stored as associated data, so that a
 * ciphertext copied to another row or field does not open. The id of the key stands in the ciphertext, so that keys can
 * be rotated: `v1.<key id>.<base64url of nonce, tag, body>`.
 */
export class SecretBox {
  private readonly keyId: string;

  /** @param key 32 bytes */
  constructor(private readonly key: Uint8Array) {
    if (key.length !== 32) {
      throw new KanaError('INVALID', 'encryption_key_invalid', 'The encryption key must be 32 bytes.');
    }
    this.keyId = createHash('sha256').update('kana key id').update(key).digest('hex').slice(0, 8);
  }

  /** @param place names the row and the field, e.g. `stripe_connection/conn_…/api_key` */
  seal(secret: string, place: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.key, nonce).setAAD(Buffer.from(place));
    const body = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return `${VERSION}.${this.keyId}.${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')}`;
  }

  /** @throws KanaError `secret_unreadable` when it was sealed with another key or for another place */
  open(sealed: string, place: string): string {
    const [version, keyId, payload] = sealed.split('.');
    if (version !== VERSION || keyId !== this.keyId || payload === undefined) {
      throw unreadable();
    }
    const bytes = Buffer.from(payload, 'base64url');
    const decipher = createDecipheriv(ALGORITHM, this.key, bytes.subarray(0, NONCE_BYTES)).setAAD(Buffer.from(place));
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    try {
      const body = bytes.subarray(NONCE_BYTES + TAG_BYTES);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
    } catch {
      throw unreadable();
    }
  }
}

function unreadable(): KanaError {
  return new KanaError(
    'UNAVAILABLE',
    'secret_unreadable',
    'A stored secret cannot be read with this encryption key. Start with the KANA_ENCRYPTION_KEY that it was stored with, or connect again.',
  );
}
