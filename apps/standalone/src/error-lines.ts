import { readLogLine } from './read-log-line.js';
import type { Terminal } from './terminal.js';

const SHOWN = 5;
const WINDOW_MS = 10_000;

/** Shows the errors in a child's log on the terminal: one line each, and only a few at a time, as the log has them all. */
export class ErrorLines {
  private since = 0;
  private count = 0;

  constructor(
    private readonly name: string,
    private readonly logPath: string,
    private readonly terminal: Terminal,
  ) {}

  see(line: string): void {
    const { text, isError } = readLogLine(line);
    if (!isError) {
      return;
    }
    const now = performance.now();
    if (now - this.since > WINDOW_MS) {
      this.since = now;
      this.count = 0;
    }
    this.count += 1;
    if (this.count <= SHOWN) {
      this.terminal.line(`${this.name}: ${text}`);
    } else if (this.count === SHOWN + 1) {
      this.terminal.line(`${this.name}: more errors; see ${this.logPath}`);
    }
  }
}
