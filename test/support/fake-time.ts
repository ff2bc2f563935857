import { readdirSync } from 'node:fs';

/** How to get what the suites with wrong clocks need; stands in the name of each that is skipped. */
export const NO_FAKETIME = 'needs faketime: apt-get install faketime';

const LIBRARIES = '/usr/lib';

/** Debian's library that tells a process another time; null where there is none. */
export function findFakeTime(): string | null {
  const found = readdirSync(LIBRARIES).flatMap((folder) => librariesIn(`${LIBRARIES}/${folder}/faketime`));
  return found[0] ?? null;
}

function librariesIn(folder: string): string[] {
  try {
    return readdirSync(folder).flatMap((name) => (name === 'libfaketimeMT.so.1' ? [`${folder}/${name}`] : []));
  } catch {
    return [];
  }
}

/** For the environment of a process whose clock is to be so many minutes wrong. How long things take is told rightly. */
export function wrongBy(minutes: number, library: string): Record<string, string> {
  return { LD_PRELOAD: library, FAKETIME: `${minutes < 0 ? '-' : '+'}${Math.abs(minutes)}m`, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
}
