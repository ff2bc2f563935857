import type { Env } from '../env.js';

const REDACTED = '[redacted]';

/**
 * Keys of Stripe and of Kana, by their prefixes, passwords in addresses of databases and of Redis, and addresses of people, as they are
 * and as they stand in a URL. Lengths are bounded, so that a long line takes no longer than its length.
 */
const PATTERNS = [
  String.raw`\b(?:sk|rk|pk)_(?:test|live)_[\w-]+`,
  String.raw`\bwhsec_[\w+/=-]+`,
  String.raw`\bkana_(?:test|live)_[\w-]+`,
  String.raw`(?<=\b(?:postgres(?:ql)?|rediss?):\/\/[^:@\s"]*:)[^@\s"]+(?=@)`,
  String.raw`(?<![^\s"'<>()[\]{},;:/?=&@\\])[^\s"'<>()[\]{},;:/?=&@\\]{1,192}(?:@|%40)(?:[\p{L}\d-]{1,63}\.){1,8}\p{L}{2,24}`,
  String.raw`(?<=\bbearer )[\x21\x23-\x5b\x5d-\x7e]+`,
];

/**
 * Makes a function that takes secrets out of any text. The last net below everything that should not have logged them:
 * it looks at the finished line, wherever in it the secret stands.
 *
 * @param known secrets of the settings, which may look like anything
 */
export function redactorOf(known: readonly (string | undefined)[]): (text: string) => string {
  const values = known.flatMap((secret) => (secret === undefined || secret === '' ? [] : [asWrittenInJson(secret)]));
  const pattern = new RegExp([...values, ...PATTERNS].join('|'), 'giu');
  return (text) => text.replace(pattern, REDACTED);
}

/** Takes out what can be told by its looks alone: for texts of others that are to be kept or shown. */
export const redactText = redactorOf([]);

/** A password shorter than this may be an ordinary word, and the log would lose that word everywhere. */
const MINIMUM_PASSWORD_LENGTH = 12;

/** Every way in which the settings' secrets may be written: the encryption key in hex and base64, the password encoded. */
export function secretsOf(env: Pick<Env, 'kanaAdminKey' | 'stripeSecretKey' | 'kanaEncryptionKey' | 'databaseUrl' | 'redisUrl'>): string[] {
  const { kanaAdminKey, stripeSecretKey, kanaEncryptionKey: key, databaseUrl, redisUrl } = env;
  const passwords = [databaseUrl, redisUrl].flatMap(passwordsIn);
  const keys = key === undefined ? [] : [key.toString('hex'), key.toString('base64').replace(/=+$/, ''), key.toString('base64url')];
  return [kanaAdminKey, stripeSecretKey, ...keys, ...passwords].flatMap((secret) => secret ?? []);
}

/** As it stands in the address, and as it is. */
function passwordsIn(url: string | undefined): string[] {
  const password = url === undefined ? '' : new URL(url).password;
  return password.length < MINIMUM_PASSWORD_LENGTH ? [] : [password, decodeURIComponent(password)];
}

/** The secret as it stands inside a JSON string, as a regular expression. */
function asWrittenInJson(secret: string): string {
  return JSON.stringify(secret).slice(1, -1).replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
