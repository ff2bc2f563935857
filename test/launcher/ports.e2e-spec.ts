import { createServer, type Server } from 'node:net';

import { afterEach, describe, expect, it } from '@jest/globals';

import { requireFreePorts, urlFor } from '../../apps/standalone/src/ports.js';
import { freePort } from '../../apps/standalone/src/postgres/free-port.js';

const HOST = '127.0.0.1';
let server: Server | undefined;

afterEach(() => void server?.close());

function occupy(port: number): Promise<void> {
  return new Promise((resolve) => {
    server = createServer().listen(port, HOST, resolve);
  });
}

describe('the ports', () => {
  it('are accepted when they are free', async () => {
    const port = await freePort(HOST);
    await expect(requireFreePorts([{ variable: 'PORT', host: HOST, port }])).resolves.toBeUndefined();
  });

  it('are refused with a command that works when one is taken', async () => {
    const port = await freePort(HOST);
    await occupy(port);
    const wanted = [{ variable: 'SANDBOX_PORT' as const, host: HOST, port }];
    await expect(requireFreePorts(wanted)).rejects.toMatchObject({
      code: 'port_unusable',
      message: expect.stringMatching(new RegExp(`^Port ${port} is taken.*choose another port: SANDBOX_PORT=\\d+ npm start$`)),
    });
  });

  it('are waited for a moment, as a Kana that was just killed needs one to go', async () => {
    const port = await freePort(HOST);
    await occupy(port);
    const free = requireFreePorts([{ variable: 'PORT', host: HOST, port }]);
    setTimeout(() => server?.close(), 300);
    await expect(free).resolves.toBeUndefined();
  });

  it('are refused when HOST is no address of this machine', async () => {
    const wanted = [{ variable: 'PORT' as const, host: '192.0.2.1', port: 20_000 }];
    await expect(requireFreePorts(wanted)).rejects.toMatchObject({ message: expect.stringMatching(/^HOST is 192\.0\.2\.1/) });
  });

  it.each([
    ['127.0.0.1', 'http://127.0.0.1:3000'],
    ['0.0.0.0', 'http://127.0.0.1:3000'],
    ['::', 'http://127.0.0.1:3000'],
    ['::1', 'http://[::1]:3000'],
    ['kana.example.org', 'http://kana.example.org:3000'],
  ])('are shown for %s as a browser can open them', (host, url) => {
    expect(urlFor(host, 3000)).toBe(url);
  });
});
