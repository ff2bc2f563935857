import { setTimeout as sleep } from 'node:timers/promises';

import type { ApiClient } from './api-client.js';
import type { Connection, Price } from './api-shapes.js';
import { DEMO_FEATURES, DEMO_PACKAGE_BY_PRODUCT, DEMO_PACKAGES } from './demo-catalog.js';
import { chooseDemoUsers, type SandboxCustomer } from './demo-users.js';

const POLL_MS = 150;

/** Any key opens the sandbox; a restricted one is what a company would paste. */
const SANDBOX_KEY = 'rk_test_acme_demo';

/** Features and packages, published. Repeating it changes nothing. */
export async function makeCatalog(api: ApiClient): Promise<void> {
  for (const feature of DEMO_FEATURES) {
    await api.ensure('/v1/features', feature, 'feature_exists');
  }
  for (const demoPackage of DEMO_PACKAGES) {
    await api.ensure('/v1/packages', demoPackage, 'package_exists');
    await api.post(`/v1/packages/${encodeURIComponent(demoPackage.id)}/publish`);
  }
}

/** The users whom the company had before; gives how many. */
export async function makeUsers(api: ApiClient, sandboxUrl: string): Promise<number> {
  const response = await fetch(`${sandboxUrl}/_sandbox/customers`);
  const { customers } = (await response.json()) as { customers: SandboxCustomer[] };
  const users = chooseDemoUsers(customers);
  for (const user of users) {
    await api.ensure('/v1/users', user, 'user_exists');
  }
  return users.length;
}

/** Connects an account and waits until its prices are read. */
export async function connect(api: ApiClient, apiKey: string = SANDBOX_KEY, webhookSecret?: string): Promise<Connection> {
  let connection = await api.post<Connection>('/v1/stripe/connections', { apiKey, ...(webhookSecret === undefined ? {} : { webhookSecret }) });
  while (connection.pricesReadAt === null) {
    await sleep(POLL_MS);
    connection = await api.get<Connection>(`/v1/stripe/connections/${connection.id}`);
  }
  return connection;
}

/** Maps every price whose product the demo knows; gives all prices as they stand then. */
export async function mapPrices(api: ApiClient): Promise<Price[]> {
  const unmapped = await api.all<Price>('/v1/stripe/prices?state=UNMAPPED');
  const mappings = unmapped.flatMap(({ id, product }) => {
    const packageId = DEMO_PACKAGE_BY_PRODUCT[product.name];
    return packageId === undefined ? [] : [{ priceId: id, packageId }];
  });
  if (mappings.length > 0) {
    await api.put('/v1/stripe/mappings', { mappings });
  }
  return api.all<Price>('/v1/stripe/prices');
}
