import type { ApiClient } from './api-client.js';
import type { Connection, SyncStatus } from './api-shapes.js';
import { checkHealth, type Finding, type Symptoms } from './check-health.js';
import { CliError, EXIT, type ExitCode } from './cli.errors.js';
import type { Output } from './output.js';

/** Asks what there is to ask, and tells what is wrong with its cure. */
export async function runDoctor(api: ApiClient, output: Output): Promise<ExitCode> {
  const findings = checkHealth(await gather(api));
  findings.forEach((each) => tell(each, output));
  output.json({ findings });
  return findings.some(({ level }) => level === 'error') ? EXIT.FOUND : EXIT.DONE;
}

function tell({ level, code, connectionId, detail, cure }: Finding, output: Output): void {
  output.line(`${level.padEnd(8)}${connectionId === null ? '' : `${connectionId}: `}${detail} (${code})`);
  if (cure !== null && level !== 'ok') {
    output.line(`        ${cure}`);
  }
}

async function gather(api: ApiClient): Promise<Symptoms> {
  const now = Date.now();
  const { status, headers, body } = await api.ask('GET', '/health/ready');
  const apiNow = Date.parse(headers.get('date') ?? '');
  const told = (body ?? {}) as { code?: string; queue?: string };
  const clocks = { now, apiNow: Number.isNaN(apiNow) ? now : apiNow };
  if (status !== 200) {
    return { ...clocks, ready: { isReady: false, code: told.code ?? `http_${status}` }, connections: [], statuses: [], refusedChecks: new Map() };
  }
  const known = await api.get<{ data: Connection[] }>('/v1/stripe/connections');
  const { connections, refusedChecks } = await check(api, known.data);
  const statuses = await api.get<{ data: SyncStatus[] }>('/v1/sync/status');
  return { ...clocks, ready: { isReady: true, queue: told.queue ?? 'unknown' }, connections, statuses: statuses.data, refusedChecks };
}

/** Lets the api ask Stripe anew; it also puts the webhook endpoint right. */
async function check(api: ApiClient, known: readonly Connection[]): Promise<Pick<Symptoms, 'connections' | 'refusedChecks'>> {
  const connections: Connection[] = [];
  const refusedChecks = new Map<string, { code: string; detail: string }>();
  for (const connection of known) {
    if (connection.status === 'DISCONNECTED') {
      continue;
    }
    try {
      connections.push(await api.post<Connection>(`/v1/stripe/connections/${connection.id}/check`, {}));
    } catch (error) {
      if (!(error instanceof CliError) || error.code === 'api_unreachable') {
        throw error;
      }
      refusedChecks.set(connection.id, { code: error.code, detail: error.message });
      connections.push(connection);
    }
  }
  return { connections, refusedChecks };
}
