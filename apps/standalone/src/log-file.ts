import { closeSync, copyFileSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';

const POLL_MS = 250;
const MAXIMUM_BYTES = 10 * 1024 * 1024;
/** More than this between two looks is passed over: the launcher's memory stays bounded whatever a child writes. */
const MAXIMUM_READ_BYTES = 1024 * 1024;
const LINES_KEPT = 15;

/**
 * The log of a child. The child writes to the file itself, so that its last words are kept even if the launcher is
 * gone; the launcher reads along. At 10 MB the file becomes `….log.1`, replacing an older one, and starts anew.
 */
export class LogFile {
  private readonly descriptor: number;
  private readonly timer: NodeJS.Timeout;
  private readonly lines: string[] = [];
  private offset: number;
  private rest = '';

  constructor(
    readonly path: string,
    private readonly onLine: (line: string) => void,
  ) {
    this.descriptor = openSync(path, 'a+', 0o600);
    this.offset = fstatSync(this.descriptor).size;
    this.timer = setInterval(() => this.read(), POLL_MS);
  }

  /** To be handed to the child as its outputs. It always appends, so that starting anew moves the child along. */
  get forChild(): number {
    return this.descriptor;
  }

  /** A new run begins: its last lines are its own. */
  startRun(): void {
    this.read();
    this.lines.length = 0;
  }

  /** The last lines of this run. */
  lastLines(): string[] {
    this.read();
    return [...this.lines];
  }

  close(): void {
    this.read();
    clearInterval(this.timer);
    closeSync(this.descriptor);
  }

  private read(): void {
    const { size } = fstatSync(this.descriptor);
    this.offset = Math.max(this.offset, size - MAXIMUM_READ_BYTES);
    if (size > this.offset) {
      const bytes = Buffer.alloc(size - this.offset);
      this.offset += readSync(this.descriptor, bytes, 0, bytes.length, this.offset);
      this.take(bytes.toString());
    }
    if (this.offset > MAXIMUM_BYTES) {
      copyFileSync(this.path, `${this.path}.1`);
      ftruncateSync(this.descriptor);
      this.offset = 0;
    }
  }

  private take(text: string): void {
    const lines = `${this.rest}${text}`.split('\n');
    this.rest = (lines.pop() ?? '').slice(0, MAXIMUM_READ_BYTES);
    for (const line of lines.filter((each) => each !== '')) {
      this.lines.push(line);
      this.onLine(line);
    }
    this.lines.splice(0, this.lines.length - LINES_KEPT);
  }
}
