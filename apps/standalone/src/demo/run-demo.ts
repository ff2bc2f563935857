import { ApiClient } from './api-client.js';
import type { Connection, ImportRun } from './api-shapes.js';
import type { DemoContext } from './demo-context.js';
import { connect, makeCatalog, makeUsers, mapPrices } from './prepare-demo.js';
import { tellSummary } from './tell-summary.js';
import { watchImport } from './watch-import.js';

/**
 * The main job on the sandbox's account, through the api like any client: catalog, users, connection, mapping, import,
 * summary. What an earlier start has done stays as it is, and so does what was changed since.
 */
export async function runDemo({ apiUrl, adminKey, out, sandboxUrl }: DemoContext & { sandboxUrl: string }): Promise<void> {
  const api = new ApiClient(apiUrl, adminKey);
  const imported = await lastImport(api);
  if (imported?.status === 'COMPLETED') {
    out.line('The data of the last start are here; nothing was imported again. To do so: POST /v1/stripe/imports');
    await renewWebhooks(api);
    await tellSummary(api, imported, out);
    return;
  }
  if (imported === null) {
    await out.step('Features and packages', () => makeCatalog(api));
    await out.step('Users whom the company had before', () => makeUsers(api, sandboxUrl));
    await out.step('Connect to the sandbox and read its prices', () => connect(api));
    await out.step('Map prices to packages', () => mapPrices(api));
  }
  const run = await out.step('Import', async () => watchImport(api, imported?.id ?? (await startImport(api)), out));
  await tellSummary(api, run, out);
}

/** The newest import that has not failed; a dry run brings nothing. */
async function lastImport(api: ApiClient): Promise<ImportRun | null> {
  const { data: connections } = await api.get<{ data: Connection[] }>('/v1/stripe/connections');
  if (connections.length === 0) {
    return null;
  }
  const { data: runs } = await api.get<{ data: ImportRun[] }>('/v1/stripe/imports');
  return runs.find(({ kind, status }) => kind === 'IMPORT' && status !== 'FAILED') ?? null;
}

/** The sandbox keeps its account in memory: of the last start's webhook endpoint it knows nothing any more. */
async function renewWebhooks(api: ApiClient): Promise<void> {
  const { data: connections } = await api.get<{ data: Connection[] }>('/v1/stripe/connections');
  await Promise.all(connections.map(({ id }) => api.post(`/v1/stripe/connections/${id}/check`)));
}

async function startImport(api: ApiClient): Promise<string> {
  const { id } = await api.post<ImportRun>('/v1/stripe/imports');
  return id;
}
