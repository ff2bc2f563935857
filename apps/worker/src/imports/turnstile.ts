interface Waiting {
  readonly rank: number;
  readonly enter: () => void;
}

/** Lets so many through at a time; the others wait: who has the lower rank goes first, among equals who came first. */
export class Turnstile {
  private inside = 0;
  private readonly line: Waiting[] = [];

  constructor(private readonly capacity: number) {}

  async pass<Result>(rank: number, work: () => Promise<Result>): Promise<Result> {
    if (this.inside === this.capacity) {
      await new Promise<void>((enter) => this.join({ rank, enter }));
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
        next.enter();
      }
    }
  }

  private join(waiting: Waiting): void {
    const behind = this.line.findIndex(({ rank }) => rank > waiting.rank);
    this.line.splice(behind === -1 ? this.line.length : behind, 0, waiting);
  }
}
