import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import type { Stamps } from './stamps.js';

/** What happens between an answer's stamp and the reading that it tells of; tests change the account there. */
export type Gap = () => Promise<void> | void;

/** Puts the `Date` on answers: at the reading of the state, or apart from it, as the settings say. */
export class DateStamper {
  /** Called in every gap, beside the lag that is set. */
  inGap: Gap = () => undefined;

  constructor(private readonly stamps: Stamps) {}

  stamp(reply: FastifyReply): void {
    void reply.header('Date', this.stamps.date());
  }

  async stamped<T>(reply: FastifyReply, read: () => T): Promise<T> {
    const { date } = this.stamps.settings;
    if (date === 'before') {
      this.stamp(reply);
      await this.gap();
      return read();
    }
    const body = read();
    if (date === 'after') await this.gap();
    this.stamp(reply);
    return body;
  }

  private async gap(): Promise<void> {
    await this.inGap();
    const { lagMs } = this.stamps.settings;
    if (lagMs > 0) await wait(lagMs, undefined, { ref: false });
  }
}
