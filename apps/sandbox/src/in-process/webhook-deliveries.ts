import type { DeliveryReport } from '../delivery/deliveries.js';
import type { DeliverySettings } from '../delivery/delivery-settings.js';
import type { Attempt } from '../delivery/tally.js';
import { missing } from '../http/faults.js';
import type { Parts } from '../world.js';

const DAY_MS = 24 * 3_600_000;

/** How webhooks are delivered, and what became of them. */
export class WebhookDeliveries {
  constructor(private readonly parts: Parts) {}

  get settings(): DeliverySettings {
    return this.parts.deliveries.settings;
  }

  /** What is left out is off. Also sets whether events share one second. */
  put(settings: Partial<DeliverySettings>): DeliverySettings {
    const { stamps, world, deliveries } = this.parts;
    stamps.shareSecond(settings.oneSecond ? world.clock.now() : undefined);
    return deliveries.put(settings);
  }

  /** Lets so many of those that are held leave, or all that are held now. */
  release(count?: number): void {
    this.parts.deliveries.release(count);
  }

  report(): DeliveryReport {
    return this.parts.deliveries.report();
  }

  /** The last 10,000 attempts, in the order of their answers. */
  log(): Attempt[] {
    return this.parts.deliveries.log();
  }

  forget(): void {
    this.parts.deliveries.forget();
  }

  /** When nothing is on its way any more, save what is held or waits for another attempt. */
  idle(): Promise<void> {
    return this.parts.deliveries.idle();
  }

  /** The new secret. Those before sign too until the overlap is over. */
  rollSecret(endpointId: string, overlapMs = DAY_MS): string {
    const { world } = this.parts;
    const endpoint = world.endpoints.get(endpointId);
    if (!endpoint) throw missing('webhook endpoint', endpointId, 'id');
    const secret = world.ids.next('whsec_');
    world.endpoints.roll(endpoint, secret, { nowMs: world.clock.nowMs(), overlapMs });
    return secret;
  }
}
