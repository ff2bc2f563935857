import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What the system tells about a running process. */
export interface ProcessInfo {
  /** Its command line, spaces between. */
  command: string;
  parentPid: number;
}

/** Undefined when there is no such process (or it has ended and only waits to be collected). */
export function processInfo(pid: number): ProcessInfo | undefined {
  try {
    return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
  } catch {
    return undefined;
  }
}

function fromProc(pid: number): ProcessInfo | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the name in brackets and may itself hold spaces and brackets.
  const [state, parentPid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
  return state === 'Z' ? undefined : { command, parentPid: Number(parentPid) };
}

function fromPs(pid: number): ProcessInfo | undefined {
  const line = execFileSync('/bin/ps', ['-o', 'ppid=,command=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  const [, parentPid, command] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
  return command === undefined ? undefined : { command, parentPid: Number(parentPid) };
}
