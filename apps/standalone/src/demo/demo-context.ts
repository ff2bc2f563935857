import type { Terminal } from '../terminal.js';

/** What the demo and the connection to Stripe have: an address and a key, like any client of the api. */
export interface DemoContext {
  apiUrl: string;
  adminKey: string;
  out: Terminal;
}
