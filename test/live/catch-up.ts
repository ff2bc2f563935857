import { Doorbell } from '@app/common';

import { eventually, ok } from '../import/kana.js';
import type { World } from '../import/world.js';

/** What `GET /v1/sync/status` says of an account. */
export interface SyncStatus {
  connectionId: string;
  syncedThrough: string | null;
  gapSince: string | null;
  keptBy: string;
  events: { waiting: number; failed: number; dead: number };
}

export async function readStatus({ api }: World): Promise<SyncStatus> {
  const [only] = (await ok(api.get<{ data: SyncStatus[] }>('/v1/sync/status'))).data;
  if (only === undefined) {
    throw new Error('No account is connected.');
  }
  return only;
}

/** The account's time, in whole seconds. */
export const accountSecond = ({ sandbox }: World): number => Math.floor(sandbox.clock.report().nowMs / 1000);

/**
 * Polls until the account is in step up to now, and everything that was brought is settled: also what fell due while time
 * was moved past what a poll reads again, which is younger than what the account is in step up to.
 */
export async function catchUp(world: World): Promise<SyncStatus> {
  const { connectionId } = await readStatus(world);
  const since = accountSecond(world);
  world.sandbox.clock.advance(120_000);
  return eventually('the poll and the settling of what it brought', async () => {
    await world.api.app.get(Doorbell, { strict: false }).ring('polls', { connectionId });
    const status = await readStatus(world);
    const isInStep = Date.parse(status.syncedThrough ?? '') / 1000 >= since;
    return isInStep && status.events.waiting + status.events.failed === 0 ? status : undefined;
  });
}
