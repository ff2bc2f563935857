import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { freePort } from '../support/processes.js';

const MAIN = fileURLToPath(new URL('../../dist/apps/standalone/src/main.js', import.meta.url));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** One data folder and two ports, for any number of starts one after the other. */
export interface Place {
  dataDir: string;
  apiUrl: string;
  sandboxUrl: string;
  env: Record<string, string>;
}

export async function choosePlace(): Promise<Place> {
  const [port, sandboxPort] = [await freePort(), await freePort()];
  const dataDir = mkdtempSync(join(tmpdir(), 'kana rehearsal '));
  const env = { PORT: String(port), SANDBOX_PORT: String(sandboxPort), DATA_DIR: dataDir };
  return { dataDir, apiUrl: `http://127.0.0.1:${port}`, sandboxUrl: `http://127.0.0.1:${sandboxPort}`, env };
}

/** As root, the database may lie elsewhere: the record in the data folder says where. */
export function removePlace({ dataDir }: Place): void {
  const record = join(dataDir, 'postgres.json');
  if (existsSync(record)) {
    const { folder } = JSON.parse(readFileSync(record, 'utf8')) as { folder: string };
    rmSync(isAbsolute(folder) ? folder : join(dataDir, folder), { recursive: true, force: true });
  }
  rmSync(dataDir, { recursive: true, force: true });
}

/** The program, started as `npm start` starts it. */
export class Rehearsal {
  private shown = '';
  readonly ended: Promise<number | null>;

  private constructor(readonly process: ChildProcess) {
    process.stdout?.on('data', (chunk: Buffer) => (this.shown += chunk.toString()));
    process.stderr?.on('data', (chunk: Buffer) => (this.shown += chunk.toString()));
    this.ended = new Promise((resolve) => process.once('exit', resolve));
  }

  /** Settles when the summary is out and everything stays up. */
  static async start(place: Place): Promise<Rehearsal> {
    const { PATH = '' } = process.env;
    const rehearsal = new Rehearsal(spawn(process.execPath, [MAIN], { cwd: ROOT, env: { PATH, ...place.env }, stdio: ['ignore', 'pipe', 'pipe'] }));
    await Promise.race([rehearsal.until('Kana is running.'), rehearsal.ended.then(() => Promise.reject(new Error(rehearsal.shown)))]);
    return rehearsal;
  }

  get output(): string {
    return this.shown;
  }

  private async until(text: string): Promise<void> {
    while (!this.shown.includes(text)) {
      await sleep(50);
    }
  }
}

/** Whether anybody answers there. */
export async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url);
    return true;
  } catch {
    return false;
  }
}
