import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';

/** What a figure was measured on. */
export function describeMachine() {
  return { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version, loadAverage: loadavg().map(round) };
}

/** Processor time that a process has taken so far, in milliseconds; null where that cannot be read: Linux alone says it. */
export function cpuMsOf(pid: number | undefined): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    // Its clock ticks are hundredths of a second.
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return null;
  }
}

/** Resident memory of a process in MiB; null where that cannot be read. */
export function memoryMibOf(pid: number | undefined): number | null {
  try {
    const pages = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return pages === undefined ? null : Math.round(Number(pages) / 1024);
  } catch {
    return null;
  }
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
