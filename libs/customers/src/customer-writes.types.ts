import type { ConflictCode, IdSource, MatchedBy } from './customers.types.js';
import type { ConflictEvidence } from './match.types.js';

/** Rows to write, by kind of change; members are named as the columns. */
export interface CustomerWrites {
  /** Users that have nothing from Stripe any more. */
  readonly leftKeys: string[];
  readonly customers: {
    connection_id: string;
    id: string;
    email: string | null;
    email_normalized: string | null;
    name: string | null;
    deleted: boolean;
    user_id_hint: string | null;
    created_at: string | null;
    conflict: ConflictCode | null;
    conflict_evidence: ConflictEvidence | null;
  }[];
  readonly conflicts: { id: string; conflict: ConflictCode | null; conflict_evidence: ConflictEvidence | null }[];
  readonly newUsers: {
    key: string;
    id_source: IdSource;
    name: string | null;
    name_source: 'STRIPE' | null;
    email: string | null;
    email_source: 'STRIPE' | null;
    email_normalized: string | null;
    email_verified: boolean;
    billing_id: string;
    billing_id_source: 'STRIPE';
    metadata: Record<string, string>;
    created_at: string;
    updated_at: string;
  }[];
  readonly changedUsers: { key: string; id_source: string }[];
  readonly absorbed: { fromKey: string; intoKey: string }[];
  /** Users whose id becomes an alias, to make way for another. */
  readonly renamedKeys: string[];
  /** Aliases that become the id of their user. */
  readonly promotedNames: string[];
  readonly newNames: { name: string; normalized: string | null; user_key: string; kind: 'ID' | 'ALIAS' }[];
  readonly newLinks: {
    connection_id: string;
    customer_id: string;
    user_key: string;
    matched_by: MatchedBy;
    first_email: string | null;
    user_id_hint: string | null;
    matched_at: string;
  }[];
  readonly changedLinks: {
    customer_id: string;
    user_key: string;
    matched_by: MatchedBy;
    first_email: string | null;
    user_id_hint: string | null;
  }[];
}
