import { describe, expect, it } from '@jest/globals';

import { generateAccount } from '../../../apps/sandbox/src/account/generate.js';
import { tellTruth } from '../../../apps/sandbox/src/http/truth.js';
import { Store } from '../../../apps/sandbox/src/store/store.js';
import { ACME, ARCHIVED, DRAFT, mappingOf, usersBeforehand } from '../../import/acme.js';
import type { Catalog, CatalogPackage, Situation } from './account.js';
import { predictInParts } from './in-parts.js';
import { type Prediction, predictImport } from './oracle.js';

const SUBSCRIPTIONS = 700;
const PACKAGE = { isAddon: false, requiresBase: true, limitsAdd: false, basePackageIds: [] };
const TERMS = { limit: null, overageEnabled: false, scalesWithQuantity: false };

/** As the api shows what the import's tests put into it. */
const CATALOG: Catalog = {
  features: ACME.features,
  packages: ACME.packages.map((each): CatalogPackage => ({
    ...PACKAGE,
    ...each,
    status: { [DRAFT]: 'DRAFT', [ARCHIVED]: 'ARCHIVED' }[each.id as string] ?? 'PUBLISHED',
    features: each.features.map((feature) => ({ ...TERMS, ...feature })),
  })),
};

function situationOf(seed: number): Situation {
  const store = tellTruth(new Store(generateAccount({ seed: String(seed), subscriptions: SUBSCRIPTIONS })));
  return { store, users: usersBeforehand(store), catalog: CATALOG, mapping: mappingOf(store), customers: seed % 2 === 0 ? 'ALL' : 'SUBSCRIBED' };
}

/** In one order; sums of amounts may differ in their last bits. */
function comparable({ users, contested, prices, ...rest }: Prediction): object {
  return {
    ...rest,
    users: users.toSorted((one, other) => (one.id < other.id ? -1 : 1)),
    contested: contested.toSorted(),
    prices: new Map([...prices].map(([id, { monthly, ...price }]) => [id, { ...price, monthly: inMillionths(monthly) }])),
  };
}

function inMillionths(amounts: Readonly<Record<string, number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(amounts).map(([currency, amount]) => [currency, amount.toFixed(6)]));
}

describe('the oracle in parts', () => {
  it.each([1, 2, 3, 4])('says of an account what it says of it at once (seed %i)', (seed) => {
    const situation = situationOf(seed);
    expect(comparable(predictInParts(situation))).toEqual(comparable(predictImport(situation)));
  });
});
