import { readdirSync, readFileSync } from 'node:fs';

import pg from 'pg';

const TICK_MS = 10;

/** The process that PostgreSQL's others are children of, if it runs on this machine; null elsewhere. */
export async function postmasterOf(adminUrl: string): Promise<number | null> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const parent = Number(fieldsOf(rows[0]?.pid ?? 0)[1]);
    return Number.isInteger(parent) && parent > 1 ? parent : null;
  } finally {
    await client.end();
  }
}

/** Processor time of a process, of all its children that live and of those that ended, in milliseconds. */
export function cpuMsOfFamily(parent: number | null): number | null {
  if (parent === null) {
    return null;
  }
  const own = ticksOf(fieldsOf(parent), [11, 12, 13, 14]);
  const living = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((name) => fieldsOf(Number(name))).filter((fields) => Number(fields[1]) === parent);
  return (own + living.reduce((sum, fields) => sum + ticksOf(fields, [11, 12]), 0)) * TICK_MS;
}

/** What follows the name in /proc/…/stat: state, parent, …; empty for a process that is gone. */
function fieldsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  } catch {
    return [];
  }
}

function ticksOf(fields: readonly string[], places: readonly number[]): number {
  return places.reduce((sum, place) => sum + Number(fields[place] ?? 0), 0);
}
