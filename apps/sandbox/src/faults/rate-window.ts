const WINDOW_MS = 1000;

/** The requests of the last second that were let in; those refused cost nothing. */
export class RateWindow {
  private recent: number[] = [];

  /** `limit` 0 lets any number in. */
  isFull(at: number, limit: number): boolean {
    this.recent = this.recent.filter((before) => before > at - WINDOW_MS);
    return limit > 0 && this.recent.length >= limit;
  }

  count(at: number): void {
    this.recent.push(at);
  }
}
