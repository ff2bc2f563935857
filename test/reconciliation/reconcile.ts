import type { TestApi } from '../support/api.js';
import { eventually, ok, readAll, type Run } from '../import/kana.js';

/** A reconciliation as the api shows it. */
export interface Reconciliation extends Run {
  kind: string;
  drift: { objects: number; byKind: Record<string, number> };
  brake: { usersLosingAccess: number; usersWithAccess: number; goneSubscriptions: number; liveSubscriptions: number; unreadObjects: number } | null;
}

/** One field that differed. */
export interface Drift {
  objectType: string;
  stripeId: string;
  userId: string | null;
  kind: string;
  field: string;
  before: unknown;
  after: unknown;
  state: string;
}

const ROUTE = '/v1/sync/reconciliations';

/** At a later time than whatever was before. */
export async function startReconciliation(api: TestApi): Promise<string> {
  api.clock.advance(1000);
  return (await ok(api.post<Reconciliation>(ROUTE, {}))).id;
}

export async function readReconciliation(api: TestApi, id: string): Promise<Reconciliation> {
  return ok(api.get<Reconciliation>(`${ROUTE}/${id}`));
}

/** Waits until it is over, or waits itself. */
export async function waitForWord(api: TestApi, id: string): Promise<Reconciliation> {
  return eventually(`the end of ${id}`, async () => {
    const run = await readReconciliation(api, id);
    return ['QUEUED', 'RUNNING'].includes(run.status) ? undefined : run;
  });
}

/** A whole one that must be completed. */
export async function reconcile(api: TestApi): Promise<Reconciliation> {
  const run = await waitForWord(api, await startReconciliation(api));
  if (run.status !== 'COMPLETED') {
    throw new Error(`The reconciliation ended ${run.status}: ${JSON.stringify({ ...run.error, ...run.brake })}`);
  }
  return run;
}

export async function readDrift(api: TestApi, id: string, filter = ''): Promise<Drift[]> {
  return readAll<Drift>(api, `${ROUTE}/${id}/drift${filter}`);
}

/** Lets everything be taken without asking: of what these suites show the brake is no part. */
export async function releaseBrake(api: TestApi): Promise<void> {
  const { data } = await ok(api.get<{ data: { id: string }[] }>('/v1/stripe/connections'));
  for (const { id } of data) {
    await ok(api.patch(`/v1/stripe/connections/${id}`, { settings: { brakePercent: 100, brakeUsers: 1_000_000 } }));
  }
}
