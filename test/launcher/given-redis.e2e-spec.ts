import { expect, it } from '@jest/globals';

import { lookForRedis } from '../../apps/standalone/src/given-redis.js';
import { freePort } from '../support/processes.js';
import { describeOnRedis } from '../support/queue-backends.js';
import { REDIS_PASSWORD } from '../support/redis-server.js';

describeOnRedis('a Redis given to npm start', (backend) => {
  it('is fine when it answers', async () => {
    expect(await lookForRedis(backend.redis().url)).toBeUndefined();
  });

  it('may be away, which is told with its address', async () => {
    const port = await freePort();
    expect(await lookForRedis(`redis://:${REDIS_PASSWORD}@127.0.0.1:${port}/2`)).toBe(
      `No Redis answers at 127.0.0.1:${port} (ECONNREFUSED). Kana starts all the same, but no import begins until it does.`,
    );
  });

  it.each([
    ['with another password', (url: string) => url.replace(REDIS_PASSWORD, 'another'), 'WRONGPASS'],
    ['without its password', (url: string) => url.replace(`:${REDIS_PASSWORD}@`, ''), 'NOAUTH'],
  ])('stops the start %s, without telling either', async (_name, change, code) => {
    const { url, port } = backend.redis();
    const refusal = lookForRedis(change(url));
    await expect(refusal).rejects.toMatchObject({ code: 'redis_refused', message: expect.stringContaining(`127.0.0.1:${port} does not let Kana in (${code})`) });
    await expect(refusal).rejects.not.toThrow(new RegExp(`${REDIS_PASSWORD}|another`));
  });

  it('stops the start when nobody knows its host', async () => {
    await expect(lookForRedis('redis://redis.invalid:6379')).rejects.toMatchObject({ code: 'redis_unreachable' });
  });
});
