import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';

/** Ends the connection at once, with a TCP reset. */
export function resetConnection(reply: FastifyReply): void {
  reply.hijack();
  reply.raw.socket?.resetAndDestroy();
}

/** Says nothing for so long, and then closes the connection. */
export async function stayMute(reply: FastifyReply, ms: number): Promise<void> {
  reply.hijack();
  // A sandbox that is closed meanwhile does not wait for this.
  await wait(ms, undefined, { ref: false });
  reply.raw.destroy();
}

/** Promises the whole body, and sends a part of it. `measure` from 0 up to 1 says how much. */
export function cutBody(reply: FastifyReply, answer: object, measure: number): void {
  const body = Buffer.from(JSON.stringify(answer));
  const headers = reply.getHeaders();
  reply.hijack();
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) reply.raw.setHeader(name, value);
  reply.raw.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length });
  reply.raw.write(body.subarray(0, Math.floor(body.length * measure)), () => reply.raw.destroy());
}
