import { eventually } from '../import/kana.js';
import type { CommandWorld } from './command-world.js';

/** What each side has done so far. */
async function traces(world: CommandWorld): Promise<object> {
  const [kana] = await world.sql(`select (select count(*)::int from sync_command) as commands, (select count(*)::int from entitlement_change) as changes,
    (select count(*)::int from audit_entry) as audited, (select coalesce(sum(deliveries), 0)::int from sync_event) as delivered`);
  return { ...kana, stripe: world.sandbox.events.all().length };
}

/** A round is over when neither side has anything left to do for the other. */
async function round(world: CommandWorld): Promise<object> {
  await eventually('the commands to end', async () => ((await world.sql(`select 1 from sync_command where ended_at is null`)).length === 0 ? true : undefined));
  await world.account.settled();
  return traces(world);
}

/** Gives after how many rounds nothing more came; null = something still did. */
export async function roundsUntilSilence(world: CommandWorld, most: number): Promise<number | null> {
  let before = await round(world);
  for (let rounds = 1; rounds <= most; rounds += 1) {
    await world.account.ring();
    const after = await round(world);
    if (JSON.stringify(after) === JSON.stringify(before)) {
      return rounds;
    }
    before = after;
  }
  return null;
}
