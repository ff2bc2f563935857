import type { DateStamper, Gap } from '../stamping/date-stamper.js';
import type { StampingSettings } from '../stamping/stamping-settings.js';
import type { Stamps } from '../stamping/stamps.js';

/** How Stripe's stamps lie. */
export class Stamping {
  constructor(
    private readonly stamps: Stamps,
    private readonly dates: DateStamper,
  ) {}

  get settings(): StampingSettings {
    return this.stamps.settings;
  }

  /** What is left out is exact. */
  put(settings: Partial<StampingSettings>): StampingSettings {
    return this.stamps.put(settings);
  }

  /** Called between an answer's `Date` and the reading that it tells of, where these two lie apart. */
  inGap(gap: Gap): void {
    this.dates.inGap = gap;
  }
}
