import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';

import { afterEach, describe, expect, it } from '@jest/globals';

import { ApiClient } from './api-client.js';

const PATIENCE_MS = 100;

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function clientOf(answer: RequestListener, key?: string): Promise<ApiClient> {
  server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return new ApiClient(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, key);
}

describe('ApiClient', () => {
  it.each<[string, RequestListener]>([
    ['never begins its answer', () => undefined],
    ['never ends its answer', (_request, response) => void response.writeHead(200).write('{"findings":')],
  ])('says of an api that %s that it is silent', async (_name, answer) => {
    const api = await clientOf(answer);
    await expect(api.ask('GET', '/health/ready', undefined, PATIENCE_MS)).rejects.toMatchObject({ code: 'api_silent' });
    await expect(api.get('/v1/system/doctor', PATIENCE_MS)).rejects.toMatchObject({ code: 'api_silent' });
  });

  it('says that nobody is there, or that they hang up', async () => {
    const api = await clientOf((request) => request.socket.destroy());
    await expect(api.ask('GET', '/health/ready')).rejects.toMatchObject({ code: 'api_unreachable' });
    await expect(api.open('/v1/stripe/imports/imp_1/progress')).rejects.toMatchObject({ code: 'api_unreachable' });
    server?.close();
    await expect(api.ask('GET', '/health/ready')).rejects.toMatchObject({ code: 'api_unreachable' });
  });

  it.each([
    [403, { code: 'scope_missing', detail: 'This key may not.', errors: [] }, { code: 'scope_missing', message: 'This key may not.' }],
    [401, { code: 'api_key_invalid' }, { code: 'api_key_invalid', message: 'The api does not take this API key. Give another with KANA_API_KEY; a key of `npm start` fits only the Kana of its data folder (DATA_DIR).' }],
    [422, { code: 'invalid', detail: 'No.', errors: [{ pointer: '/a', detail: 'must be b' }] }, { code: 'invalid', message: 'No. /a: must be b.' }],
    [502, '<html>', { code: 'http_502', message: 'This does not look like the api of Kana: check KANA_URL.' }],
  ])('tells a refusal of status %i as the api words it', async (status, body, refusal) => {
    const api = await clientOf((_request, response) => void response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body)), 'kana_test_key');
    await expect(api.get('/v1/sync/status')).rejects.toMatchObject(refusal);
  });
});
