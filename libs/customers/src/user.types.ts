import type { ConflictCode, FieldSource, IdSource, MatchedBy } from './customers.types.js';

/** A user as the world sees it; `key` stays inside. */
export interface UserView {
  readonly key: string;
  readonly id: string;
  readonly aliases: readonly string[];
  readonly idSource: IdSource;
  readonly name: string | null;
  readonly email: string | null;
  readonly emailVerified: boolean;
  readonly billingId: string | null;
  readonly sources: { readonly name: FieldSource | null; readonly email: FieldSource | null; readonly billingId: FieldSource | null };
  readonly metadata: Record<string, string>;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What a user and a customer both have. */
export const LINK_FIELDS = ['email', 'name'] as const;
export type LinkField = (typeof LINK_FIELDS)[number];

/** A Stripe customer that is linked to a user. */
export interface UserLinkView {
  readonly connectionId: string;
  readonly customerId: string;
  readonly matchedBy: MatchedBy;
  /** The email or the metadata that made the link, as it was then; null for a billingId, or where there was none. */
  readonly matchedValue: string | null;
  readonly matchedAt: string;
  /** Whether it is the user's `billingId`. */
  readonly primary: boolean;
  readonly email: string | null;
  readonly name: string | null;
  readonly deleted: boolean;
  /** Fields in which the user shows something else than the customer (rule U8). */
  readonly differs: readonly LinkField[];
  readonly conflict: ConflictCode | null;
}

/** The company's words on a user. null empties a field, and Stripe may fill it again (rule U4). */
export interface UserChanges {
  readonly name?: string | null;
  readonly email?: string | null;
  readonly emailVerified?: boolean;
  readonly billingId?: string | null;
  readonly metadata?: Record<string, string>;
}

/** What an edit has made of a user. */
export interface UserEdit {
  readonly before: UserView;
  readonly after: UserView;
}

export interface UserInput extends UserChanges {
  readonly id: string;
}

export interface UserRange {
  /** Sort key of the last user of the part before. */
  readonly after?: readonly [createdAt: string, key: string];
  /** Beginning of an id, alias, email or name, in any case; or a billingId. */
  readonly q?: string;
  readonly limit: number;
}

export interface LinkRange {
  readonly after?: readonly [connectionId: string, customerId: string];
  readonly limit: number;
}
