import { readFileSync, writeFileSync } from 'node:fs';

import { FIELD_OWNERSHIP, type FieldOwnership } from '@app/subscriptions';

const FILE = 'docs/field-ownership.md';
const [BEGIN, END] = ['<!-- The table is written by `npm run ownership`. -->', '<!-- Until here. -->'];

const NOUNS: Record<FieldOwnership['object'], string> = {
  FEATURE: 'feature',
  PACKAGE: 'package',
  PACKAGE_FEATURE: 'package feature',
  PRODUCT: 'product',
  PRICE: 'price',
  USER: 'user',
  CUSTOMER_LINK: 'customer and its link',
  STRIPE_SUBSCRIPTION: 'package subscription from Stripe',
  MANUAL_SUBSCRIPTION: 'manual subscription (`source: KANA`)',
  USAGE: 'usage',
  API_KEY: 'API key',
};

const OWNERS: Record<FieldOwnership['owner'], string> = {
  KANA: 'Kana',
  STRIPE: 'Stripe',
  PER_FIELD: 'per field: `COMPANY` or `STRIPE` (`sources`)',
  COMPUTED: 'neither: follows from others',
};

/** `npm run ownership` writes the table into the document, `npm run ownership:check` (`--check`) fails where it differs. */
function main(isCheck: boolean): number {
  const before = readFileSync(FILE, 'utf8');
  const [head, rest] = before.split(BEGIN);
  const tail = rest?.split(END)[1];
  if (head === undefined || tail === undefined) {
    process.stderr.write(`${FILE} has lost the marks between which the table stands.\n`);
    return 1;
  }
  const text = `${head}${BEGIN}\n\n${table()}\n\n${END}${tail}`;
  if (!isCheck) {
    writeFileSync(FILE, text);
    return 0;
  }
  if (text !== before) {
    process.stderr.write(`${FILE} does not tell the table of owners. Run: npm run ownership\n`);
    return 1;
  }
  return 0;
}

function table(): string {
  const rows = FIELD_OWNERSHIP.map(({ object, fields, owner, onImport, elsewhere }) => [
    `${NOUNS[object]}: ${fields.map((field) => `\`${field}\``).join(', ')}`,
    OWNERS[owner],
    onImport,
    elsewhere ?? '',
  ]);
  return [['what', 'owner', 'on import', 'elsewhere'], ['---', '---', '---', '---'], ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

process.exitCode = main(process.argv.includes('--check'));
