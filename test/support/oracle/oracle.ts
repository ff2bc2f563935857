import { accessOf, holdingsOf, type OracleAccess } from './access.js';
import type { Situation } from './account.js';
import { issuesOf } from './issues.js';
import { inOrder, type OraclePerson, type People, placeCustomers, plainEmail, shownEmail, shownName } from './people.js';
import { type OraclePrice, pricesOf } from './prices.js';
import { countPeople, countRows, type OracleCounts, type OracleRow, type OracleUserCounts, rowsOf } from './results.js';

export interface OracleUser {
  readonly id: string;
  /** Rule U5: the primary customer. */
  readonly billingId: string | null;
  /** Rule U8, in its plain form. undefined: it is that of a customer that has been deleted since; the store does not know it. */
  readonly email: string | null | undefined;
  readonly name: string | null | undefined;
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

/** Works out a first import by rule, not by machinery; with `links`, what has come of it. */
export function predictImport(situation: Situation): Prediction {
  const people = placeCustomers(situation);
  const rows = rowsOf(situation, people);
  return {
    users: people.persons.map((person) => userOf(situation, person)),
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

function userOf(situation: Situation, person: OraclePerson): OracleUser {
  const spellings = person.customers.flatMap(({ customer }) => customer.email?.trim() ?? []).filter((spelling) => plainEmail(spelling) === person.id);
  const customers = inOrder(situation, person);
  const isRemembered = (value: string | null): boolean =>
    situation.links !== undefined && (customers[0]?.deleted === true || (value === null && customers.some(({ deleted }) => deleted)));
  const stripes = (value: string | null): string | null | undefined => (isRemembered(value) ? undefined : value);
  return {
    id: person.id,
    billingId: person.givenBillingId ?? customers[0]?.id ?? null,
    email: person.givenEmail ?? stripes(plainEmail(shownEmail(situation, person))),
    name: person.givenName ?? stripes(shownName(situation, person)),
    spellings: person.given ? [] : spellings,
  };
}
