import type { WirePrice } from '../objects/price.js';
import type { Chapter, Chapters } from '../store/account-data.js';
import { INLINE_PRODUCT } from './catalog.js';
import { chapterIn, markOf } from './chapter-marks.js';
import { AccountDraft } from './draft.js';
import { playOrdinary } from './ordinary.js';
import { Random } from './random.js';
import { timeAt } from './times.js';
import type { CreatedShape } from './times.js';
import { AccountWriter } from './write-account.js';

/** How many subscriptions a chapter has: about a page of them. */
export const CHAPTER_SIZE = 100;

/** So often a few subscriptions come in one second. */
const TOGETHER = 0.02;

interface ChaptersInput {
  seed: string;
  count: number;
  shape: CreatedShape;
  catalog: ReadonlyMap<string, WirePrice>;
  /** How many people the rest of the account has numbered. */
  known: number;
}

/**
 * The bulk of a large account: chapters of ordinary subscriptions, each out of the seed and its number alone. They
 * follow one another in time, and everything that hangs together is in one chapter. Nothing is kept here.
 */
export class GeneratedChapters implements Chapters {
  readonly size = CHAPTER_SIZE;
  readonly inlineProduct = INLINE_PRODUCT;

  constructor(private readonly input: ChaptersInput) {}

  get count(): number {
    return this.input.count;
  }

  begins(chapter: number): number {
    return timeAt(chapter / this.count, this.input.shape);
  }

  write(chapter: number): Chapter {
    const random = new Random(`${this.input.seed}/chapter ${chapter}`);
    const draft = new AccountDraft();
    playOrdinary(draft, CHAPTER_SIZE, random.fork('ordinary'), this.input.known + chapter * CHAPTER_SIZE);
    const part = { mark: markOf(chapter), begins: this.begins(chapter) };
    const writer = new AccountWriter(this.input.catalog, random.fork('write'), part);
    const times = this.times(chapter, random.fork('times'));
    draft.subscriptions.forEach((subscription, index) => writer.subscription(subscription, times[index] ?? part.begins));
    const seconds = this.begins(chapter + 1) - part.begins;
    const strangers = random.fork('strangers');
    for (const customer of draft.customers) writer.customer(customer, part.begins + strangers.below(seconds + 1), null);
    const customers = writer.customers.sort((a, b) => a.customer.created - b.customer.created);
    return { subscriptions: writer.subscriptions, customers, prices: writer.prices };
  }

  ofId(id: string): number | undefined {
    const chapter = chapterIn(id);
    return chapter !== undefined && chapter < this.count ? chapter : undefined;
  }

  ofEmail(email: string): number | undefined {
    const number = Number(/(\d+) *@/.exec(email)?.[1] ?? 0);
    const chapter = Math.floor((number - 1 - this.input.known) / CHAPTER_SIZE);
    return chapter >= 0 && chapter < this.count ? chapter : undefined;
  }

  /** Oldest first; a few share their second. */
  private times(chapter: number, random: Random): number[] {
    const times: number[] = [];
    while (times.length < CHAPTER_SIZE) {
      const within = (times.length + random.below(1_000) / 1_000) / CHAPTER_SIZE;
      const time = timeAt((chapter + within) / this.count, this.input.shape);
      const together = random.chance(TOGETHER) ? 2 + random.below(5) : 1;
      for (let copy = 0; copy < together && times.length < CHAPTER_SIZE; copy += 1) times.push(time);
    }
    return times;
  }
}
