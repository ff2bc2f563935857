import type { World } from '../write/act.js';
import { RandomChanges } from './random-changes.js';

export interface LoadReport {
  /** Changes made so far, each with one event; of the last load. */
  made: number;
  isRunning: boolean;
  /** How long it has run, or ran. */
  ms: number;
}

/** So many changes at a time, so that deliveries and answers get their turn. */
const CHUNK = 200;
const TICK_MS = 10;

/** Makes events by changing subscriptions at random: at a rate, or as fast as it goes. */
export class Load {
  private last: LoadReport = { made: 0, isRunning: false, ms: 0 };
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly world: World) {}

  report(): LoadReport {
    return { ...this.last };
  }

  /** Begins, and goes on by itself. Ends a load that is running. */
  start(eventsPerSecond: number, seconds: number, seed = '1'): LoadReport {
    this.stop();
    const changes = new RandomChanges(this.world, seed);
    const report: LoadReport = { made: 0, isRunning: true, ms: 0 };
    const began = performance.now();
    const all = Math.round(eventsPerSecond * seconds);
    this.last = report;
    this.timer = setInterval(() => {
      report.ms = performance.now() - began;
      const due = Math.min(all, Math.floor((report.ms / 1000) * eventsPerSecond));
      while (report.made < due && changes.change()) report.made += 1;
      if (report.made < due || report.made === all) this.stop();
    }, TICK_MS).unref();
    return this.report();
  }

  /** All at once; resolves when the changes are made, which is before their events are delivered. */
  async burst(events: number, seed = '1'): Promise<LoadReport> {
    this.stop();
    const changes = new RandomChanges(this.world, seed);
    const report: LoadReport = { made: 0, isRunning: true, ms: 0 };
    const began = performance.now();
    this.last = report;
    while (report.isRunning && report.made < events && changes.change()) {
      report.made += 1;
      if (report.made % CHUNK === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    report.ms = performance.now() - began;
    report.isRunning = false;
    return { ...report };
  }

  stop(): LoadReport {
    clearInterval(this.timer);
    this.last.isRunning = false;
    return this.report();
  }
}
