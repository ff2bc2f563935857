/** Where a command speaks: lines for people, or one JSON document. */
export class Output {
  private hasOpenLine = false;

  constructor(
    readonly isJson: boolean,
    private readonly stream: { write(text: string): unknown; readonly isTTY?: boolean },
    private readonly errors: { write(text: string): unknown },
  ) {}

  get isTerminal(): boolean {
    return this.stream.isTTY === true;
  }

  line(text = ''): void {
    if (!this.isJson) {
      this.closeLine();
      this.stream.write(`${text}\n`);
    }
  }

  /** A line that the next one overwrites; for terminals. */
  rewrite(text: string): void {
    if (!this.isJson) {
      this.stream.write(`\r\u001B[K${text}`);
      this.hasOpenLine = true;
    }
  }

  json(document: unknown): void {
    if (this.isJson) {
      this.stream.write(`${JSON.stringify(document)}\n`);
    }
  }

  error(code: string, sentence: string): void {
    this.closeLine();
    this.json({ error: { code, detail: sentence } });
    if (!this.isJson) {
      this.errors.write(`${sentence}\n`);
    }
  }

  private closeLine(): void {
    if (this.hasOpenLine) {
      this.stream.write('\n');
      this.hasOpenLine = false;
    }
  }
}
