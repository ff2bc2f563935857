const REDACTED = '[redacted]';

/** Keys of Stripe and of Kana, by their prefixes, and passwords in addresses of databases. */
const PATTERNS = [
  String.raw`\b(?:sk|rk|pk)_(?:test|live)_[\w-]+`,
  String.raw`\bwhsec_[\w+/=-]+`,
  String.raw`\bkana_(?:test|live)_[\w-]+`,
  String.raw`(?<=\bpostgres(?:ql)?:\/\/[^:@\s"]*:)[^@\s"]+(?=@)`,
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
  const pattern = new RegExp([...values, ...PATTERNS].join('|'), 'gi');
  return (text) => text.replace(pattern, REDACTED);
}

/** The secret as it stands inside a JSON string, as a regular expression. */
function asWrittenInJson(secret: string): string {
  return JSON.stringify(secret).slice(1, -1).replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
