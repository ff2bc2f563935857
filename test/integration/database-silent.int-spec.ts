import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

import { ormConfig } from '@app/database';
import { MikroORM } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

const PATIENCE_MS = 60_000;

let server: Server;
const sockets: Socket[] = [];
beforeAll(async () => {
  server = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  sockets.forEach((socket) => socket.destroy());
  server.close();
  await once(server, 'close');
});

it('a database that accepts connections and says nothing is given up, not waited for', async () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const orm = await MikroORM.init(ormConfig(`postgresql://kana:secret@127.0.0.1:${port}/kana`));
  await expect(orm.em.fork().getConnection().execute('select 1')).rejects.toThrow(/timeout/);
  expect(sockets.length).toBeGreaterThan(0);
  await orm.close();
}, PATIENCE_MS);
