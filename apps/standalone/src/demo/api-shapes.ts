/** What the demo reads of the api's answers; openapi.json has them whole. */
export interface Connection {
  id: string;
  accountId: string;
  mode: string;
  pricesReadAt: string | null;
  webhook: { state: 'ACTIVE' | 'BY_HAND' | 'NO_PUBLIC_URL' | 'RIGHT_MISSING' | 'FAILED' | 'DISCONNECTED'; url: string | null; detail: string | null };
}

export interface Price {
  id: string;
  product: { id: string; name: string };
  displayAmount: string | null;
  interval: string | null;
  intervalCount: number | null;
  state: 'MAPPED' | 'UNMAPPED' | 'IGNORED' | 'ONE_OFF';
  waiting: { subscriptions: number; users: number; monthly: { amount: number; currency: string }[]; unknownItems: number };
}

export interface ImportRun {
  id: string;
  kind: 'IMPORT' | 'DRY_RUN';
  status: 'QUEUED' | 'RUNNING' | 'COMPLETED' | 'FAILED';
  counts: { seen: number; created: number; updated: number; unchanged: number; parked: number; failed: number; partlyParked: number };
  users: { matchedByBillingId: number; matchedByMetadata: number; matchedByEmail: number; created: number; conflicts: number };
  progress: { perSecond: number | null };
  startedAt: string | null;
  finishedAt: string | null;
  error: { code: string; detail: string } | null;
}

export interface ImportRow {
  stripeSubscriptionId: string;
  userId: string | null;
  packages: { packageId: string; status: string }[];
}

/** The chain that leads from a user to a package, as a check explains it. */
export interface WhySubscription {
  code: string;
  wins: boolean;
  text: string;
  quantity: number | null;
  package: { id: string; name: string };
  terms: { name: string | null; limit: number | null; resetPeriod: string | null } | null;
  stripe: {
    customer: { id: string; matchedBy: string } | null;
    subscriptionId: string;
    itemId: string | null;
    price: { id: string; productName: string | null } | null;
    mapping: { packageId: string; mappedBy: string } | null;
  } | null;
}

export interface Check {
  userId: string;
  featureId: string;
  access: boolean;
  reason: { code: string; text: string };
  consumption: { used: number; budget: number | null } | null;
  why?: { subscriptions: WhySubscription[] };
}
