import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { type ClientSettings, loadClientSettings, withEnvFile } from '@app/common';

import { ApiClient } from './api-client.js';

/** Where the api is and what opens it, by the environment and a `.env` beside it. */
export function findApi(): ApiClient {
  const settings = loadClientSettings(withEnvFile(readIfThere('.env') ?? ''));
  return new ApiClient(settings.url, settings.apiKey ?? keyOfDataDir(settings));
}

/** The one that `npm start` has made, for the mode it runs in. */
function keyOfDataDir({ dataDir, isLive }: ClientSettings): string | undefined {
  return readIfThere(join(dataDir, isLive ? 'admin-key-live' : 'admin-key'))?.trim();
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
