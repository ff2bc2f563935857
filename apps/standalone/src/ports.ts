import { setTimeout as sleep } from 'node:timers/promises';

import { LaunchError } from './launch.errors.js';
import { listenError } from './postgres/free-port.js';

/** A port we are about to use, and the variable that chooses it. */
export interface WantedPort {
  variable: 'PORT' | 'SANDBOX_PORT';
  host: string;
  port: number;
}

/** The processes of a launcher that was killed a moment ago need so long to go. */
const PATIENCE_MS = 3000;
const POLL_MS = 200;

/**
 * Finds a taken port before anything slow is started.
 *
 * @throws LaunchError with what to do
 */
export async function requireFreePorts(wanted: readonly WantedPort[]): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (const each of wanted) {
    let code = await listenError(each.host, each.port);
    while (code === 'EADDRINUSE' && performance.now() < deadline) {
      await sleep(POLL_MS);
      code = await listenError(each.host, each.port);
    }
    if (code !== undefined) {
      throw new LaunchError('port_unusable', sentenceOf(each, code));
    }
  }
}

function sentenceOf({ variable, host, port }: WantedPort, code: string): string {
  const other = `${variable}=${port < 60_000 ? port + 1 : port - 1} npm start`;
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is taken by another program, or Kana runs already. Stop that one, or choose another port: ${other}`;
    case 'EACCES':
      return `Port ${port} may not be used by this user. Choose one above 1023: ${variable}=${port + 8000} npm start`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `HOST is ${host}, which is not an address of this machine. Leave it out for 127.0.0.1, or use 0.0.0.0 for all addresses.`;
    default:
      return `Port ${port} on ${host} cannot be used (${code}). Choose another one: ${other}`;
  }
}

/** An address as a browser on this machine can open it. */
export function urlFor(host: string, port: number): string {
  const reachable = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
