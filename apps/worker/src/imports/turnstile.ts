/** Lets so many through at a time; the others wait, in the order in which they came. */
export class Turnstile {
  private inside = 0;
  private readonly line: (() => void)[] = [];

  constructor(private readonly capacity: number) {}

  async pass<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.inside === this.capacity) {
      await new Promise<void>((turn) => this.line.push(turn));
    } else {
      this.inside += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.line.shift();
      if (next === undefined) {
        this.inside -= 1;
      } else {
        next();
      }
    }
  }
}
