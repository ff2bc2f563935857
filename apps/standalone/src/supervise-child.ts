import { join } from 'node:path';

import type { ReadyDetails } from '@app/common';

import { ErrorLines } from './error-lines.js';
import { LaunchError } from './launch.errors.js';
import { LogFile } from './log-file.js';
import { readLogLine } from './read-log-line.js';
import { type ChildEnd, type ChildProgram, type ChildRun, runChild } from './run-child.js';
import type { Terminal } from './terminal.js';

export interface ChildOrder extends ChildProgram {
  /** For people and for the log's name: `api`, `worker`, … */
  name: string;
  logsFolder: string;
  /** Waits before each restart, in ms; empty = it is not restarted. */
  restartDelays: readonly number[];
}

/** A child that the launcher looks after. */
export interface SupervisedChild {
  /** Settles when the child first says that it serves; rejects with a LaunchError if it cannot start. */
  ready: Promise<ReadyDetails>;
  /** Settles with a sentence when the child is down and will not be restarted any more. */
  lost: Promise<string>;
  /** SIGTERM, and after 10 s SIGKILL. Settles when the process is gone; may be called at any time, and twice. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): void;
}

/** Of the api and the worker: five restarts, further and further apart. */
export const RESTART_DELAYS = [500, 1000, 2000, 5000, 10_000];

const STOP_LIMIT_MS = 10_000;
/** A child that was up for so long has earned its restarts back. */
const STEADY_MS = 5 * 60_000;

/**
 * Starts a child and keeps it up. The child writes into a log of its own; only its errors reach the terminal, a line
 * each. Should the launcher be killed, the child sees their channel close (`exitWithParent`).
 */
export function superviseChild(order: ChildOrder, terminal: Terminal): SupervisedChild {
  return new Supervision(order, terminal);
}

class Supervision implements SupervisedChild {
  readonly ready: Promise<ReadyDetails>;
  readonly lost: Promise<string>;
  private readonly log: LogFile;
  private current: ChildRun;
  private nextRun: NodeJS.Timeout | undefined;
  private restarts = 0;
  private stopping: Promise<void> | undefined;
  private wasReady = false;
  private becomeReady: (details: ReadyDetails) => void = () => undefined;
  private failToStart: (error: LaunchError) => void = () => undefined;
  private giveUp: (sentence: string) => void = () => undefined;

  constructor(
    private readonly order: ChildOrder,
    private readonly terminal: Terminal,
  ) {
    const path = join(order.logsFolder, `${order.name}.log`);
    const errors = new ErrorLines(order.name, path, terminal);
    this.log = new LogFile(path, (line) => errors.see(line));
    this.ready = new Promise((resolve, reject) => {
      this.becomeReady = resolve;
      this.failToStart = reject;
    });
    this.lost = new Promise((resolve) => (this.giveUp = resolve));
    // A start broken off by Ctrl-C is awaited by nobody; whoever does await `ready` still sees the rejection.
    this.ready.catch(() => undefined);
    this.current = this.run();
  }

  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  kill(): void {
    this.current.process.kill('SIGKILL');
  }

  private async end(): Promise<void> {
    clearTimeout(this.nextRun);
    this.current.process.kill('SIGTERM');
    const force = setTimeout(() => this.kill(), STOP_LIMIT_MS);
    await this.current.ended;
    clearTimeout(force);
    this.log.close();
  }

  private run(): ChildRun {
    this.log.startRun();
    const run = runChild(this.order, this.log.forChild);
    let steady: NodeJS.Timeout | undefined;
    void run.ready.then((details) => {
      this.wasReady = true;
      this.becomeReady(details);
      steady = setTimeout(() => (this.restarts = 0), STEADY_MS);
    });
    void run.ended.then((end) => {
      clearTimeout(steady);
      this.onEnd(end);
    });
    return run;
  }

  private onEnd(end: ChildEnd): void {
    const { name, restartDelays } = this.order;
    if (this.stopping !== undefined) {
      this.failToStart(new LaunchError('stopped', `The ${name} was stopped while it started.`));
      return;
    }
    const story = end.sentence ?? `The ${name} has ended (${end.reason}). Its last words (more in ${this.log.path}):\n${this.lastWords()}`;
    const delay = restartDelays[this.restarts];
    if (!this.wasReady) {
      this.failToStart(new LaunchError(`${name}_start_failed`, story));
    } else if (delay === undefined) {
      this.giveUp(story);
    } else {
      this.terminal.line(`${story}\nStarting the ${name} again in ${delay / 1000} s.`);
      this.restarts += 1;
      this.nextRun = setTimeout(() => (this.current = this.run()), delay);
    }
  }

  private lastWords(): string {
    const lines = this.log.lastLines().map((line) => `  ${readLogLine(line).text}`);
    return lines.length === 0 ? '  (none)' : lines.join('\n');
  }
}
