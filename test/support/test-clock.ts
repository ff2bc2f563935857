import { Clock } from '@app/common';

/** A clock that stands still until it is moved. */
export class TestClock extends Clock {
  constructor(private time: Date = new Date('2026-03-01T12:00:00.000Z')) {
    super();
  }

  override now(): Date {
    return new Date(this.time);
  }

  set(time: Date | string): void {
    this.time = new Date(time);
  }

  /** @param milliseconds may be negative */
  advance(milliseconds: number): void {
    this.time = new Date(this.time.getTime() + milliseconds);
  }
}
