import { type GivenUser, type How, isPaying, isReadable, type Situation, type StoreCustomer } from './account.js';

/** A user as it must stand after the import. */
export interface OraclePerson {
  readonly id: string;
  /** Whether it was there before. */
  readonly given: boolean;
  readonly givenName: string | null;
  readonly givenEmail: string | null;
  readonly givenBillingId: string | null;
  /** Customers linked to it, by how. */
  readonly customers: { readonly customer: StoreCustomer; readonly how: How }[];
}

/** Where one customer ends up. */
export interface Placement {
  readonly userId: string | null;
  readonly conflict: string | null;
  readonly how: How | null;
  readonly createdUser: boolean;
  /**
   * The conflict is not there before the run but comes up in it, so that links may have been made first: then they
   * stand, and the conflict is open all the same (reliability.md I6).
   */
  readonly contested: boolean;
}

export interface People {
  readonly persons: readonly OraclePerson[];
  readonly placements: ReadonlyMap<string, Placement>;
}

export const METADATA_KEY = 'kana_user_id';

/**
 * Who stands behind each customer that is wanted (rules U2–U8): old links first, which stand; then the company's word, then
 * emails, as they are now.
 */
export function placeCustomers(situation: Situation): People {
  const room = new Room(situation);
  const customers = wantedCustomers(situation);
  for (const customer of customers) {
    placeByOldLink(room, situation, customer);
  }
  const open = (): StoreCustomer[] => customers.filter(({ id }) => !room.placements.has(id));
  for (const customer of open()) {
    placeByBillingId(room, customer);
  }
  for (const customer of open()) {
    placeByMetadata(room, customer);
  }
  for (const customer of open()) {
    placeByEmail(room, customer);
  }
  for (const customer of open()) {
    placeById(room, customer);
  }
  return room;
}

/** Trimmed, composed and in lower case; null for what could not be the id of a user (rules U2, U3). */
export function plainEmail(email: string | null | undefined): string | null {
  const plain = (email ?? '').trim().normalize('NFC').toLowerCase().normalize('NFC');
  return isUserId(plain) ? plain : null;
}

/** The emails by which customers find this user: the company's; else those of customers that the company has named; else its own. */
function emailsOf(situation: Situation, person: OraclePerson): string[] {
  if (person.givenEmail !== null) {
    return [person.givenEmail];
  }
  const named = person.customers.filter(({ how }) => how === 'BILLING_ID' || how === 'METADATA').flatMap(({ customer }) => plainEmail(customer.email) ?? []);
  const own = plainEmail(shownEmail(situation, person));
  return named.length > 0 || own === null ? named : [own];
}

/** Rule U5: a user's customers, the primary one first. One with access before one without, then the older, then the smaller id; a deleted one last. */
export function inOrder(situation: Situation, { customers, givenBillingId }: OraclePerson): StoreCustomer[] {
  const rank = ({ id }: StoreCustomer): number => (isPaying(situation, id) ? 0 : 1);
  return customers
    .map(({ customer }) => customer)
    .toSorted(
      (a, b) =>
        Number(b.id === givenBillingId) - Number(a.id === givenBillingId) ||
        Number(a.deleted ?? false) - Number(b.deleted ?? false) ||
        rank(a) - rank(b) ||
        (a.created ?? 0) - (b.created ?? 0) ||
        (a.id < b.id ? -1 : 1),
    );
}

/** Rules U4, U8: the company's, else what the first customer shows that shows any; not while it may be somebody else's (U7). */
export function shownEmail(situation: Situation, person: OraclePerson): string | null {
  const isUnsettled = ({ id }: StoreCustomer): boolean => id === person.id && (situation.links?.[id]?.conflict ?? null) !== null;
  const speaker = inOrder(situation, person).find((customer) => plainEmail(customer.email) !== null && !isUnsettled(customer));
  return person.givenEmail ?? speaker?.email?.trim() ?? null;
}

export function shownName(situation: Situation, person: OraclePerson): string | null {
  return person.givenName ?? inOrder(situation, person).find(({ name }) => (name ?? '').trim() !== '')?.name ?? null;
}

class Room implements People {
  readonly persons: OraclePerson[];
  readonly placements = new Map<string, Placement>();

  constructor(readonly situation: Situation) {
    this.persons = situation.users.map(({ id, name, email, billingId }: GivenUser) => ({
      id,
      given: true,
      givenName: name ?? null,
      givenEmail: plainEmail(email),
      givenBillingId: billingId ?? null,
      customers: [],
    }));
  }

  link(customer: StoreCustomer, person: OraclePerson, how: How): void {
    person.customers.push({ customer, how });
    this.placements.set(customer.id, { userId: person.id, conflict: null, how, createdUser: false, contested: false });
  }

  create(customer: StoreCustomer, id: string, how: How): void {
    this.persons.push({ id, given: false, givenName: null, givenEmail: null, givenBillingId: null, customers: [{ customer, how }] });
    this.placements.set(customer.id, { userId: id, conflict: null, how, createdUser: true, contested: false });
  }

  refuse(customer: StoreCustomer, conflict: string, contested: boolean): void {
    this.placements.set(customer.id, { userId: null, conflict, how: null, createdUser: false, contested });
  }
}

/** Of those without a subscription Stripe lists no deleted ones. */
function wantedCustomers(situation: Situation): StoreCustomer[] {
  const paying = situation.store.subscriptions.filter((one) => isReadable(situation, one)).map(({ customer }) => customer);
  const isWanted = ({ deleted }: StoreCustomer): boolean => situation.customers === 'ALL' && deleted !== true;
  return situation.store.customers.filter((customer) => paying.includes(customer.id) || isWanted(customer));
}

function placeByOldLink(room: Room, { links = {} }: Situation, customer: StoreCustomer): void {
  const link = links[customer.id];
  if (link === undefined) {
    return;
  }
  const person = room.persons.find(({ id }) => id === link.userId);
  if (person === undefined) {
    room.create(customer, link.userId, link.how);
  } else {
    room.link(customer, person, link.how);
  }
  room.placements.set(customer.id, { userId: link.userId, conflict: link.conflict, how: link.how, createdUser: false, contested: false });
}

function placeByBillingId(room: Room, customer: StoreCustomer): void {
  const person = room.persons.find(({ givenBillingId }) => givenBillingId === customer.id);
  if (person !== undefined) {
    room.link(customer, person, 'BILLING_ID');
  }
}

function placeByMetadata(room: Room, customer: StoreCustomer): void {
  const wanted = customer.metadata?.[METADATA_KEY];
  if (wanted === undefined) {
    return;
  }
  const person = room.persons.find(({ id }) => id === wanted);
  if (!isUserId(wanted)) {
    room.refuse(customer, 'METADATA_USER_INVALID', false);
  } else if (person === undefined) {
    room.create(customer, wanted, 'METADATA');
  } else {
    room.link(customer, person, 'METADATA');
  }
}

function placeByEmail(room: Room, customer: StoreCustomer): void {
  const email = plainEmail(customer.email);
  if (email === null) {
    return;
  }
  const holders = room.persons.filter((person) => emailsOf(room.situation, person).includes(email));
  const namesakes = room.persons.filter(({ id }) => plainEmail(id) === email);
  const candidates = holders.length > 0 ? holders : namesakes.filter((person) => emailsOf(room.situation, person).length === 0);
  const [first] = candidates;
  if (candidates.length > 1) {
    room.refuse(customer, 'EMAIL_SHARED', candidates.some((person) => isOfThisRun(person)));
  } else if (first !== undefined) {
    room.link(customer, first, 'EMAIL');
  } else if (namesakes.length > 0) {
    room.refuse(customer, 'USER_ID_TAKEN', namesakes.some((person) => isOfThisRun(person)));
  } else {
    room.create(customer, email, 'CREATED');
  }
}

/** Whether the user, or the email that it has now, was not known before the run. */
function isOfThisRun(person: OraclePerson): boolean {
  return !person.given || person.givenEmail === null;
}

function placeById(room: Room, customer: StoreCustomer): void {
  const person = room.persons.find(({ id }) => id === customer.id);
  if (person === undefined) {
    room.create(customer, customer.id, 'CREATED');
  } else {
    room.link(customer, person, 'BILLING_ID');
  }
}

/** 1–255 characters, none of them a control character, no space at the edges, neither `.` nor `..` (api.md "Ids"). */
function isUserId(text: string): boolean {
  const characters = Array.from(text);
  const isPrintable = characters.every((character) => !/[\p{Cc}\p{Cs}]/u.test(character));
  return characters.length >= 1 && characters.length <= 255 && isPrintable && text.trim() === text && text !== '.' && text !== '..';
}
