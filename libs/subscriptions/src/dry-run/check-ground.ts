import type { GroundMarks } from '@app/sync';

/** Each part of what an import builds on, as a person calls it. */
const WORDS: Readonly<Record<string, string>> = {
  settings: 'The connection’s settings',
  packages: 'The features and packages',
  mappings: 'The price mappings and rules',
  prices: 'The prices and products known of Stripe',
  users: 'The users',
  links: 'The Stripe customers and their links to users',
  subscriptions: 'The subscriptions',
};

/** What has changed since a dry run looked, a sentence each; nothing where the import would still do what it said. */
export function checkGround(before: GroundMarks, now: GroundMarks): string[] {
  return Object.keys(before).flatMap((part) => sentenceOf(part, before[part], now[part]));
}

function sentenceOf(part: string, before: GroundMarks[string] | undefined, now: GroundMarks[string] | undefined): string[] {
  if (before === undefined || now === undefined || (before.count === now.count && before.digest === now.digest)) {
    return [];
  }
  if (part === 'events') {
    return [`Stripe has told of changes: ${Math.abs(now.count - before.count)} events.`];
  }
  const rows = before.count === now.count ? `${now.count} rows, not all as they were` : `${before.count} rows before, ${now.count} now`;
  return [`${WORDS[part] ?? part} have changed (${rows}).`];
}
