import { connect, createServer, type Socket } from 'node:net';

import { freePort } from './processes.js';

/** A way to a server that can be cut and mended, as a network or a restart would. */
export interface TcpProxy {
  port: number;
  /** Breaks every connection and refuses new ones. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  /** Connections stay, also new ones are taken, and nothing goes through until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** From now on new connections lead there. */
  aim(port: number): void;
  close(): Promise<void>;
}

export async function startTcpProxy(targetHost: string, targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let aimedAt = targetPort;
  let isFrozen = false;
  const server = createServer((client) => {
    const target = connect(aimedAt, targetHost);
    for (const [socket, other] of [[client, target], [target, client]] as const) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      // Whoever is at one end learns that the other end is gone, or never was there.
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.pipe(target).pipe(client);
    if (isFrozen) {
      [client, target].forEach((socket) => socket.pause());
    }
  });
  const listen = (port: number) => new Promise<void>((done) => server.listen(port, '127.0.0.1', () => done()));
  const cut = () =>
    new Promise<void>((done) => {
      server.close(() => done());
      sockets.forEach((socket) => socket.destroy());
    });
  // One that is not given to anybody else while it is cut.
  const port = await freePort();
  await listen(port);
  const aim = (other: number): void => {
    aimedAt = other;
  };
  const freeze = (): void => {
    isFrozen = true;
    sockets.forEach((socket) => socket.pause());
  };
  const thaw = (): void => {
    isFrozen = false;
    sockets.forEach((socket) => socket.resume());
  };
  return { port, freeze, thaw, cut, mend: () => listen(port), aim, close: cut };
}
