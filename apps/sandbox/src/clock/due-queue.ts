interface Entry<T> {
  at: number;
  sequence: number;
  value: T;
}

/** What is due when: the earliest comes out first, and of those due at once the one that went in first (a binary heap). */
export class DueQueue<T> {
  private readonly heap: Entry<T>[] = [];
  private sequence = 0;

  get size(): number {
    return this.heap.length;
  }

  /** When the first is due. */
  get nextAt(): number | undefined {
    return this.heap[0]?.at;
  }

  add(at: number, value: T): void {
    const entry = { at, sequence: this.sequence, value };
    this.sequence += 1;
    this.heap.push(entry);
    this.rise(this.heap.length - 1);
  }

  /** The first, if it is due by then. */
  takeDue(by: number): { at: number; value: T } | undefined {
    const first = this.heap[0];
    if (!first || first.at > by) return undefined;
    const last = this.heap.pop();
    if (last && last !== first) {
      this.heap[0] = last;
      this.sink(0);
    }
    return first;
  }

  /** Takes out everything of which this holds; what it was. */
  takeWhere(holds: (value: T) => boolean): T[] {
    const all = this.heap.splice(0);
    const taken: T[] = [];
    for (const entry of all) {
      if (holds(entry.value)) taken.push(entry.value);
      else {
        this.heap.push(entry);
        this.rise(this.heap.length - 1);
      }
    }
    return taken;
  }

  private rise(from: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.isBefore(place, parent)) return;
      this.swap(place, parent);
      place = parent;
    }
  }

  private sink(from: number): void {
    let place = from;
    for (;;) {
      const [left, right] = [2 * place + 1, 2 * place + 2];
      let first = place;
      if (this.isBefore(left, first)) first = left;
      if (this.isBefore(right, first)) first = right;
      if (first === place) return;
      this.swap(place, first);
      place = first;
    }
  }

  private isBefore(a: number, b: number): boolean {
    const [one, other] = [this.heap[a], this.heap[b]];
    if (!one || !other) return false;
    return one.at < other.at || (one.at === other.at && one.sequence < other.sequence);
  }

  private swap(a: number, b: number): void {
    const [one, other] = [this.heap[a], this.heap[b]];
    if (one && other) [this.heap[a], this.heap[b]] = [other, one];
  }
}
