import { accessOf, type Holding, holdingsOf, type OracleAccess } from './access.js';
import type { Situation } from './account.js';
import { issuesOf } from './issues.js';
import { emailsOf, type OraclePerson, type People, placeCustomers, plainEmail } from './people.js';
import { type OraclePrice, pricesOf } from './prices.js';
import { countPeople, countRows, type OracleCounts, type OracleRow, type OracleUserCounts, rowsOf } from './results.js';

export interface OracleUser {
  readonly id: string;
  /** Rule U5: the primary customer. */
  readonly billingId: string | null;
  /** The emails that it may show, compared in their plain form; none = no email. */
  readonly emails: readonly string[];
  /** Other names that it answers to: Stripe's own spellings of its email (rule U3). */
  readonly spellings: readonly string[];
}

/** All that must be true after a first import. */
export interface Prediction {
  readonly users: readonly OracleUser[];
  readonly counts: OracleCounts;
  readonly userCounts: OracleUserCounts;
  /** By subscription. */
  readonly rows: ReadonlyMap<string, OracleRow>;
  /** By price. */
  readonly prices: ReadonlyMap<string, OraclePrice>;
  /** `user feature` → access, for every user and every feature. */
  readonly access: ReadonlyMap<string, OracleAccess>;
  /** `KIND subject`, sorted. */
  readonly issues: readonly string[];
  /** Customers whose link the order of arrival may decide (with the same conflict open in the end). */
  readonly contested: readonly string[];
}

/** Works out a first import by rule, not by machinery. */
export function predictImport(situation: Situation): Prediction {
  const people = placeCustomers(situation);
  const rows = rowsOf(situation, people);
  return {
    users: people.persons.map((person) => userOf(person, holdingsOf(situation, people, person.id))),
    counts: countRows(rows),
    userCounts: countPeople(people),
    rows,
    prices: pricesOf(situation, people),
    access: accessOfAll(situation, people),
    issues: issuesOf(situation, people),
    contested: [...people.placements].flatMap(([customerId, { contested }]) => (contested ? [customerId] : [])),
  };
}

function accessOfAll(situation: Situation, people: People): Map<string, OracleAccess> {
  const all = new Map<string, OracleAccess>();
  for (const { id } of people.persons) {
    const holdings = holdingsOf(situation, people, id);
    for (const feature of situation.catalog.features) {
      all.set(`${id} ${feature.id}`, accessOf(situation, holdings, feature.id));
    }
  }
  return all;
}

function userOf(person: OraclePerson, holdings: readonly Holding[]): OracleUser {
  const isMadeFromEmail = !person.given && person.customers.some(({ customer }) => plainEmail(customer.email) === person.id);
  const spellings = person.customers.flatMap(({ customer }) => customer.email?.trim() ?? []);
  return {
    id: person.id,
    billingId: person.givenBillingId ?? primaryCustomer(person, holdings),
    emails: emailsOf(person),
    spellings: isMadeFromEmail ? spellings : [],
  };
}

/** One with access before one without, then the older, then the smaller id; a deleted one is the last resort. */
function primaryCustomer(person: OraclePerson, holdings: readonly Holding[]): string | null {
  const rank = (id: string): number => (holdings.some(({ customerId }) => customerId === id) ? 0 : 1);
  const [first] = person.customers
    .map(({ customer }) => customer)
    .toSorted(
      (a, b) =>
        Number(a.deleted ?? false) - Number(b.deleted ?? false) ||
        rank(a.id) - rank(b.id) ||
        (a.created ?? 0) - (b.created ?? 0) ||
        (a.id < b.id ? -1 : 1),
    );
  return first?.id ?? null;
}
