/** What is to happen, by virtual time: a heap, as there may be many. Of equal times the earlier planned comes first. */
export class Agenda<Entry> {
  private readonly heap: { readonly at: number; readonly order: number; readonly entry: Entry }[] = [];
  private planned = 0;

  plan(at: number, entry: Entry): void {
    this.planned += 1;
    this.heap.push({ at, order: this.planned, entry });
    for (let index = this.heap.length - 1; index > 0; ) {
      const parent = (index - 1) >> 1;
      if (!this.isBefore(index, parent)) {
        return;
      }
      this.swap(index, parent);
      index = parent;
    }
  }

  /** The time of what comes next; undefined = nothing. */
  nextAt(): number | undefined {
    return this.heap[0]?.at;
  }

  next(): { readonly at: number; readonly entry: Entry } | undefined {
    const first = this.heap[0];
    const last = this.heap.pop();
    if (first === undefined || last === undefined || this.heap.length === 0) {
      return first;
    }
    this.heap[0] = last;
    for (let index = 0; ; ) {
      const child = [2 * index + 1, 2 * index + 2].filter((each) => each < this.heap.length).toSorted((one, other) => (this.isBefore(one, other) ? -1 : 1))[0];
      if (child === undefined || !this.isBefore(child, index)) {
        return first;
      }
      this.swap(index, child);
      index = child;
    }
  }

  private isBefore(index: number, other: number): boolean {
    const [one, two] = [this.heap[index], this.heap[other]];
    return one !== undefined && two !== undefined && (one.at === two.at ? one.order < two.order : one.at < two.at);
  }

  private swap(index: number, other: number): void {
    const [one, two] = [this.heap[index], this.heap[other]];
    if (one !== undefined && two !== undefined) {
      this.heap[index] = two;
      this.heap[other] = one;
    }
  }
}
