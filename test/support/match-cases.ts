import type { CustomerSnapshot, EmailMatchPolicy } from '@app/stripe';
import { expect } from '@jest/globals';

import { customer, MatchDirectory } from './match-directory.js';

type Facts = Parameters<MatchDirectory['addUser']>[0];

/** Users, then pages of customers; and how all stand in the end. */
export interface MatchCase {
  name: string;
  users?: Facts[];
  /** Aliases that the users have beforehand. */
  named?: [userId: string, alias: string][];
  pages: CustomerSnapshot[][];
  policy?: EmailMatchPolicy;
  /** By customer: the user's id (or `parked`), how it was matched, and the open conflict. */
  expected: Record<string, string>;
  /** All users that there are in the end, where that is the point. */
  userIds?: string[];
  /** By user. */
  aliases?: Record<string, string[]>;
  /** By user: the email and where it is from, as `ann@x.com STRIPE`; `-` for none. */
  emails?: Record<string, string>;
}

/** A customer with Ann's email. */
export const ann = (id: string, facts: Partial<CustomerSnapshot> = {}): CustomerSnapshot => customer(id, { email: 'ann@x.com', ...facts });

/** One whose metadata names a user. */
export const says = (id: string, userIdHint: string, facts: Partial<CustomerSnapshot> = {}): CustomerSnapshot =>
  ann(id, { userIdHint, ...facts });

/** All that Stripe says of a deleted one. */
export const gone = (id: string): CustomerSnapshot => customer(id, { deleted: true, createdAt: null });

/** How each customer stands, in words. */
export function stand(directory: MatchDirectory): Record<string, string> {
  return Object.fromEntries(
    Object.entries(directory.standings()).map(([id, { userId, matchedBy, conflict }]) => [
      id,
      [userId ?? 'parked', matchedBy, conflict].filter((part) => part !== null).join(' '),
    ]),
  );
}

/** Plays a case and compares. */
export function playCase({ users = [], named = [], pages, policy, expected, userIds, aliases = {}, emails = {} }: MatchCase): void {
  const directory = new MatchDirectory();
  users.forEach((user) => directory.addUser(user));
  named.forEach(([userId, alias]) => directory.addAlias(userId, alias));
  pages.forEach((page) => directory.apply(page, policy));
  expect(stand(directory)).toEqual(expected);
  expect(directory.userIds()).toEqual(userIds ?? directory.userIds());
  for (const [userId, names] of Object.entries(aliases)) {
    expect(directory.aliasesOf(userId)).toEqual(names);
  }
  const shown = Object.keys(emails).map((userId) => [userId, emailOf(directory, userId)]);
  expect(Object.fromEntries(shown)).toEqual(emails);
}

function emailOf(directory: MatchDirectory, userId: string): string {
  const { email, emailSource } = directory.find(userId);
  return email === null ? '-' : `${email} ${emailSource}`;
}
