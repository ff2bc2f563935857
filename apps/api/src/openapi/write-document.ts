import { readFileSync, writeFileSync } from 'node:fs';

import { loadEnv } from '@app/common';

import { createApi } from '../create-api.js';
import { openApiDocument } from './document.js';
import { findGaps } from './find-gaps.js';

const FILE = 'openapi.json';

/** Settings of a process that connects to nothing. */
const NOWHERE = {
  DATABASE_URL: 'postgresql://nobody@localhost/nothing',
  KANA_ENCRYPTION_KEY: '0'.repeat(64),
  LOG_LEVEL: 'silent',
};

/**
 * `npm run openapi` writes the document, `npm run openapi:check` (`--check`) fails when the committed one differs. Both
 * fail when an operation leaves something unsaid.
 */
async function main(isCheck: boolean): Promise<number> {
  const app = await createApi(loadEnv(NOWHERE), { preview: true });
  const document = openApiDocument(app);
  const text = `${JSON.stringify(document, null, 2)}\n`;
  const gaps = findGaps(document);
  if (gaps.length > 0) {
    process.stderr.write(`The OpenAPI document has gaps:\n${gaps.map((gap) => `  ${gap}\n`).join('')}`);
    return 1;
  }
  if (!isCheck) {
    writeFileSync(FILE, text);
    return 0;
  }
  if (readFileSync(FILE, 'utf8') !== text) {
    process.stderr.write(`${FILE} is not what the controllers say. Run: npm run openapi\n`);
    return 1;
  }
  return 0;
}

process.exit(await main(process.argv.includes('--check')));
