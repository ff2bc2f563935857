import { LaunchError } from './launch.errors.js';

/** Something that was started and has to be stopped. Stopping it twice does no harm. */
export interface Stoppable {
  stop(): Promise<void>;
  /** At once, without order; what has no such way ends by itself when the launcher goes. */
  kill?(): void;
}

/** Knows what runs and stops it, last started first. */
export class Shutdown {
  private readonly running: Stoppable[] = [];
  private isRequested = false;

  /** Registers what was started, before it is waited for: a start that is broken off is stopped, too. */
  add<Started extends Stoppable>(started: Started): Started {
    this.running.push(started);
    return started;
  }

  /** Called between the steps of the start: after a Ctrl-C nothing more is started. */
  throwIfRequested(): void {
    if (this.isRequested) {
      throw new LaunchError('stopped', 'Stopped while starting.');
    }
  }

  get requested(): boolean {
    return this.isRequested;
  }

  request(): void {
    this.isRequested = true;
  }

  /** Settles when all is gone. */
  async stopAll(): Promise<void> {
    this.request();
    for (const each of [...this.running].reverse()) {
      await each.stop();
    }
  }

  killAll(): void {
    this.running.forEach((each) => each.kill?.());
  }
}
