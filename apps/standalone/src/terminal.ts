/** Where the launcher speaks to the person who started it: plain lines, one per step. */
export class Terminal {
  constructor(private readonly stream: NodeJS.WritableStream) {
    // A closed terminal or pipe must not bring everything down; the launcher hears of it by SIGHUP, or goes on.
    stream.on('error', () => undefined);
  }

  line(text = ''): void {
    this.stream.write(`${text}\n`);
  }

  /** Tells a step and its seconds once it is done, so that lines told meanwhile do not cut it in two. */
  async step<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const started = performance.now();
    const result = await work();
    this.line(`${name} … ${((performance.now() - started) / 1000).toFixed(1)} s`);
    return result;
  }
}
