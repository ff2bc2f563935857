import type { ApiClient } from './api-client.js';
import type { Finding } from './api-shapes.js';
import { checkOwnClock } from './check-own-clock.js';
import { CliError, EXIT, type ExitCode } from './cli.errors.js';
import { describeFindings } from './describe-findings.js';
import type { Output } from './output.js';

/** The api says within 2 s whether it is ready, and within 30 what Stripe says; both with time to spare. */
const READY_PATIENCE_MS = 15_000;
const PATIENCE_MS = 60_000;

/** What keeps the api from looking is a finding, too. */
const AWAY: Record<string, Pick<Finding, 'what' | 'cure'>> = {
  api_unreachable: { what: 'The api cannot be reached at {url}.', cure: 'Start Kana with `npm start`, or say where it is with KANA_URL.' },
  api_silent: { what: 'The api at {url} takes requests and does not answer them.', cure: 'Look into its log, and start it again.' },
  database_unavailable: { what: 'The api at {url} does not reach its database.', cure: 'See that PostgreSQL runs, and that DATABASE_URL leads to it.' },
};

/** Asks what there is to ask, and tells what is wrong with its cure; puts right what Kana can, where that is asked for. */
export async function runDoctor(api: ApiClient, output: Output, isToRepair: boolean): Promise<ExitCode> {
  try {
    const found = await examine(api);
    const left = isToRepair ? await repair(api, found) : found;
    const repaired = found.filter((finding) => isRepairable(finding) && !left.some((other) => isSame(finding, other)));
    return tellAll(left, repaired, output);
  } catch (error) {
    const away = error instanceof CliError ? AWAY[error.code] : undefined;
    if (!(error instanceof CliError) || away === undefined) {
      throw error;
    }
    tellAll([{ code: error.code, severity: 'ERROR', connectionId: null, what: away.what.replace('{url}', api.url), cure: away.cure }], [], output);
    // Where nobody answered nothing was examined: that is no verdict.
    return error.code === 'database_unavailable' ? EXIT.FOUND : EXIT.REFUSED;
  }
}

async function examine(api: ApiClient): Promise<Finding[]> {
  const from = Date.now();
  const { headers, body } = await api.ask('GET', '/health/ready', undefined, READY_PATIENCE_MS);
  const own = checkOwnClock({ from, to: Date.now() }, headers.get('date'));
  // What needs a key needs the database, too: one that says nothing would be waited for.
  if (typeof body === 'object' && body !== null && 'code' in body && body.code === 'database_unavailable') {
    throw new CliError(EXIT.FOUND, body.code, 'The database cannot be reached.');
  }
  const { findings } = await api.get<{ findings: Finding[] }>('/v1/system/doctor', PATIENCE_MS);
  return [...own, ...findings];
}

/** What is wrong with webhook endpoints is all that Kana can put right by itself. Gives what is found then. */
async function repair(api: ApiClient, found: readonly Finding[]): Promise<Finding[]> {
  const ill = new Set(found.filter(isRepairable).map(({ connectionId }) => connectionId));
  for (const connectionId of ill) {
    // Where it is refused, the next look tells what is left, and why.
    await api.ask('POST', `/v1/stripe/connections/${connectionId}/check`, {});
  }
  return ill.size === 0 ? [...found] : examine(api);
}

function isRepairable({ code, severity }: Finding): boolean {
  return code.startsWith('webhook_') && severity !== 'OK';
}

function isSame(one: Finding, other: Finding): boolean {
  return one.code === other.code && one.connectionId === other.connectionId;
}

function tellAll(findings: readonly Finding[], repaired: readonly Finding[], output: Output): ExitCode {
  describeFindings(findings, repaired, output).forEach((line) => output.line(line));
  output.json({ findings, repaired });
  return findings.some(({ severity }) => severity === 'ERROR') ? EXIT.FOUND : EXIT.DONE;
}
