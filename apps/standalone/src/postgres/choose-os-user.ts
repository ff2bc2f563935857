/** A user of the operating system. */
export interface OsUser {
  name: string;
  uid: number;
  gid: number;
}

/** In this order: PostgreSQL's own user on Linux and macOS, then the user that owns nothing. */
const CANDIDATES = ['postgres', '_postgres', 'nobody'];

/**
 * PostgreSQL refuses to run as root; this is the user that root hands it to. It must have an entry in the password
 * file, as initdb looks itself up.
 *
 * @param passwd content of /etc/passwd
 */
export function chooseOsUser(passwd: string): OsUser | undefined {
  const users = passwd.split('\n').flatMap(parseEntry);
  const found = CANDIDATES.map((name) => users.find((user) => user.name === name));
  return found.find((user) => user !== undefined);
}

function parseEntry(line: string): OsUser[] {
  const [name, , uid, gid] = line.split(':');
  return name === undefined || !isNumber(uid) || !isNumber(gid) || Number(uid) === 0
    ? []
    : [{ name, uid: Number(uid), gid: Number(gid) }];
}

/** macOS writes nobody's id as -2. */
function isNumber(text: string | undefined): text is string {
  return text !== undefined && /^-?\d+$/.test(text);
}
