interface UnderWay {
  readonly current: Promise<void>;
  next?: Promise<void>;
}

/**
 * Runs at most one piece of work per key at a time, and lets at most one more wait for it: those who come meanwhile all
 * wait for that one, which begins after the last of them has asked.
 */
export class OneWaits {
  private readonly underWay = new Map<string, UnderWay>();

  /** Settles with a run of the work that began after this call. */
  run(key: string, work: () => Promise<void>): Promise<void> {
    const ahead = this.underWay.get(key);
    if (ahead === undefined) {
      return this.begin(key, work);
    }
    ahead.next ??= ahead.current.then(
      () => this.begin(key, work),
      () => this.begin(key, work),
    );
    return ahead.next;
  }

  /** For work that seems to hang: whoever comes next does not wait for it. */
  forget(key: string): void {
    this.underWay.delete(key);
  }

  private begin(key: string, work: () => Promise<void>): Promise<void> {
    const run: UnderWay = { current: work() };
    this.underWay.set(key, run);
    const end = (): void => {
      // Where others wait, their run takes this one's place by itself.
      if (run.next === undefined && this.underWay.get(key) === run) {
        this.underWay.delete(key);
      }
    };
    run.current.then(end, end);
    return run.current;
  }
}
