import type { WireInvoice } from '../objects/invoice.js';
import type { BillLine } from './prorate.js';

const MOST_INVOICES = 10_000;

/** The invoices of changes that were charged at once, and what waits for the next renewal. Others are not kept. */
export class Invoices {
  private readonly made = new Map<string, WireInvoice>();
  private readonly waiting = new Map<string, readonly BillLine[]>();

  get(id: string): WireInvoice | undefined {
    return this.made.get(id);
  }

  put(invoice: WireInvoice): void {
    this.made.set(invoice.id, invoice);
    const oldest = this.made.keys().next();
    if (this.made.size > MOST_INVOICES && !oldest.done) this.made.delete(oldest.value);
  }

  waitingFor(subscription: string): readonly BillLine[] {
    return this.waiting.get(subscription) ?? [];
  }

  wait(subscription: string, lines: readonly BillLine[]): void {
    if (lines.length > 0) this.waiting.set(subscription, [...this.waitingFor(subscription), ...lines]);
  }

  /** A period has begun: with it what waited is charged. */
  renewed(subscription: string): void {
    this.waiting.delete(subscription);
  }
}
