const REMOVED = '[removed]';
const SECRETS = new Set(['apiKey', 'key', 'secret', 'webhookSecret', 'password', 'token']);
/** Pages that a payer is sent to may name the payer in their addresses. */
const PERSONAL = new Set(['email', 'phone', 'address', 'userId', 'successUrl', 'cancelUrl']);
/** Of a user these say who it is; of a feature or a package they are no secret. */
const PERSONAL_OF_USERS = new Set(['id', 'name', 'metadata']);

const LONGEST_TEXT = 500;
const LARGEST_BODY = 65_536;

/**
 * A body as it may be kept for ever: without secrets and without what tells who a user is (the entry names the user by
 * its internal id). Long texts are cut; a body that is still large is left out.
 *
 * @param isAboutUsers whether ids and names in it are those of users
 */
export function redactBody(body: unknown, isAboutUsers: boolean): unknown {
  const redacted = redactValue(body, isAboutUsers);
  return JSON.stringify(redacted ?? null).length > LARGEST_BODY ? { leftOut: 'the body was too large' } : redacted;
}

function redactValue(value: unknown, isAboutUsers: boolean): unknown {
  if (typeof value === 'string') {
    return value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value;
  }
  if (Array.isArray(value)) {
    return value.map((member) => redactValue(member, isAboutUsers));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, isRemoved(name, isAboutUsers) ? REMOVED : redactValue(member, isAboutUsers)]),
  );
}

function isRemoved(name: string, isAboutUsers: boolean): boolean {
  return SECRETS.has(name) || PERSONAL.has(name) || (isAboutUsers && PERSONAL_OF_USERS.has(name));
}
