import type { Random } from '../account/random.js';

/** What waits to be sent: first in, first out, or any of it. */
export class WaitingLine<T> {
  private line: T[] = [];
  private head = 0;

  get size(): number {
    return this.line.length - this.head;
  }

  add(one: T): void {
    this.line.push(one);
  }

  /** `random` draws one out of all; without it the first is taken. */
  take(random: Random | undefined): T | undefined {
    if (this.size === 0) return undefined;
    const place = this.head + (random ? random.below(this.size) : 0);
    const [first, taken] = [this.line[this.head], this.line[place]];
    if (first !== undefined) this.line[place] = first;
    this.head += 1;
    if (this.head > 1_000 && this.head * 2 > this.line.length) {
      this.line = this.line.slice(this.head);
      this.head = 0;
    }
    return taken;
  }
}
