import type { ConflictCode, FieldSource, IdSource, MatchedBy } from './customers.types.js';

/** A user as matching sees it. */
export interface KnownUser {
  readonly key: string;
  readonly id: string;
  readonly idSource: IdSource;
  readonly name: string | null;
  readonly nameSource: FieldSource | null;
  readonly email: string | null;
  readonly emailSource: FieldSource | null;
  readonly emailNormalized: string | null;
  readonly emailVerified: boolean;
  readonly billingId: string | null;
  readonly billingIdSource: FieldSource | null;
  /** Whether the company gave it metadata. */
  readonly hasMetadata: boolean;
  /**
   * The customers outside the page that are linked to it beyond doubt, by billingId or metadata; those that are alike may
   * be given once. Those of the page come with their links.
   */
  readonly anchors: readonly Anchor[];
  /** Of the emails that were looked up, those by which customers have been linked to it. */
  readonly firstEmails: readonly string[];
}

/** A customer that the company's own word, a billingId or metadata, has bound to a user. */
export interface Anchor {
  /** Its normalised email. */
  readonly email: string | null;
  readonly firstEmail: string | null;
  /** The id that its metadata gave; null when it is bound by billingId. */
  readonly hint: string | null;
}

/** What a customer was linked by, as it was then: later changes in Stripe do not change it. */
export interface LinkOrigin {
  readonly matchedBy: MatchedBy;
  /** The first email that it has shown, normalised; null while there was none, or the first one is in doubt. */
  readonly firstEmail: string | null;
  /** The id that its metadata gave, where that made the link. */
  readonly hint: string | null;
}

/** A customer that has a user, as stored. */
export interface KnownLink extends LinkOrigin {
  readonly customerId: string;
  readonly userKey: string;
  /** The customer's normalised email as stored, before the page at hand. */
  readonly email: string | null;
  /** Whether a conflict is open on it. */
  readonly disputed: boolean;
}

/** For whom the Checkout session of a customer was opened. */
export interface KnownClaim {
  readonly customerId: string;
  readonly userKey: string;
  /** Whether the user that the customer has now has no other customer. */
  readonly isAllItHas: boolean;
}

/**
 * What is known before a page. Complete for the page: every user that a customer's links, hint, email or id may lead to
 * (`findLookups`), and for each email of `findDisputable` every customer that was linked by that email (`firstEmail`).
 */
export interface KnownUsers {
  readonly users: readonly KnownUser[];
  /** Ids and aliases, as far as they were asked for, by name or by normalised form. */
  readonly names: readonly { readonly name: string; readonly userKey: string }[];
  readonly links: readonly KnownLink[];
  readonly claims?: readonly KnownClaim[];
}

export interface ConflictUser {
  readonly id: string;
  readonly email: string | null;
  readonly billingId: string | null;
}

/** What a human needs to settle a conflict (rule U6). */
export interface ConflictEvidence {
  readonly email: string | null;
  readonly userIdHint: string | null;
  /** The users concerned, by id; at most ten. */
  readonly users: readonly ConflictUser[];
  /** The id of the user that the customer stays linked to; null when it has none and its subscriptions are parked. */
  readonly linkedTo: string | null;
}

export interface MatchConflict {
  readonly code: ConflictCode;
  readonly evidence: ConflictEvidence;
}

/** A user to be made; its `key` is a stand-in (`+1`, `+2`, …) that later decisions refer to. Every field is Stripe's. */
export interface NewUser {
  readonly key: string;
  readonly id: string;
  readonly idSource: IdSource;
  readonly aliases: readonly string[];
  readonly email: string | null;
  readonly emailNormalized: string | null;
  readonly name: string | null;
  readonly billingId: string;
}

/** `billingId` led to one user while the email belongs to another: no conflict, but noted (rule U6). */
export type MatchNote = 'EMAIL_BELONGS_TO_ANOTHER_USER';

/** The customer's user is this one from now on: a first link, or the end of a provisional one (rule U7). */
export interface LinkDecision {
  readonly kind: 'LINK';
  readonly customerId: string;
  readonly userKey: string;
  readonly origin: LinkOrigin;
  /** More names that the user answers to: Stripe's own spelling of the email (rule U3). */
  readonly aliases: readonly string[];
  readonly note: MatchNote | null;
}

/** No user yet: make one and link the customer to it. */
export interface CreateDecision {
  readonly kind: 'CREATE';
  readonly customerId: string;
  readonly origin: LinkOrigin;
  readonly user: NewUser;
}

/** The user gets another id (or only another source of the same id); the old one answers as an alias. */
export interface RenameDecision {
  readonly kind: 'RENAME';
  readonly customerId: string;
  readonly userKey: string;
  readonly id: string;
  readonly idSource: IdSource;
  readonly aliases: readonly string[];
  /** The email that the customer has shown at last; null when the customer's link is not what this is about. */
  readonly firstEmail: string | null;
}

/** A user made from Stripe turns out to be another: links, id and aliases go over to that one. */
export interface AbsorbDecision {
  readonly kind: 'ABSORB';
  readonly fromKey: string;
  readonly intoKey: string;
}

/** A known link stands. With a conflict: it stands, but the order of arrival decided it, and a human should look. */
export interface KeepDecision {
  readonly kind: 'KEEP';
  readonly customerId: string;
  readonly userKey: string;
  readonly conflict: MatchConflict | null;
  /** The first email that the customer shows, if it does so now and beyond doubt. */
  readonly firstEmail: string | null;
}

/** A customer shows another email, and so its user has this one instead of that, as far as matching is concerned. */
export interface MoveDecision {
  readonly kind: 'MOVE';
  readonly userKey: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** A user made from Stripe has lost its only customer to the user whom the company has named: it has nothing from Stripe any more. */
export interface LeaveDecision {
  readonly kind: 'LEAVE';
  readonly userKey: string;
}

/** No user for now: its subscriptions wait for a human (rule U6). */
export interface ParkDecision {
  readonly kind: 'PARK';
  readonly customerId: string;
  readonly conflict: MatchConflict;
}

export type MatchDecision =
  | LinkDecision
  | CreateDecision
  | RenameDecision
  | AbsorbDecision
  | KeepDecision
  | MoveDecision
  | LeaveDecision
  | ParkDecision;
