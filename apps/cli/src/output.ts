import { styleText } from 'node:util';

const USUAL_COLUMNS = 80;

/** Where a command speaks: lines for people, or one JSON document. */
export class Output {
  private hasOpenLine = false;

  constructor(
    readonly isJson: boolean,
    private readonly stream: NodeJS.WriteStream,
    private readonly errors: { write(text: string): unknown },
  ) {}

  get isTerminal(): boolean {
    return this.stream.isTTY;
  }

  /** How wide the terminal is; null where there is none. Some do not tell, and say 0. */
  get columns(): number | null {
    const told = this.stream.columns > 0 ? this.stream.columns : USUAL_COLUMNS;
    return this.isTerminal ? told : null;
  }

  /** Colours a text where that is wanted: on a terminal, without `NO_COLOR`. */
  readonly paint = (colour: 'green' | 'yellow' | 'red' | 'bold' | 'dim', text: string): string => styleText(colour, text, { stream: this.stream });

  line(text = ''): void {
    if (!this.isJson) {
      this.closeLine();
      this.stream.write(`${text}\n`);
    }
  }

  /** A line that the next one overwrites; for terminals. What is broader than these would leave rests on the line above. */
  rewrite(text: string): void {
    if (!this.isJson) {
      this.stream.write(`\r\u001B[K${text.slice(0, (this.columns ?? text.length + 1) - 1)}`);
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
