import { checkConnection, type ConnectionFacts } from './check-connection.js';
import { checkSystem, hasWorker, type SystemFacts } from './check-system.js';
import { type Finding, warning } from './findings.js';

/** All that is known of the health of a deployment. */
export interface HealthFacts extends SystemFacts {
  /** The database's time, in ms. */
  readonly now: number;
  /** Of the accounts that are connected. */
  readonly connections: readonly ConnectionFacts[];
}

const NO_ACCOUNT = warning({ code: 'connection', what: 'No Stripe account is connected.', cure: 'Connect one: POST /v1/stripe/connections, or start with STRIPE_SECRET_KEY.' });

/** Everything that was looked at, in the order of its importance: the deployment, then account by account. */
export function checkHealth(facts: HealthFacts): Finding[] {
  const { readiness, connections, now, clockAheadMs } = facts;
  const surroundings = { now, clockAheadMs, hasWorker: hasWorker(facts) };
  return [
    ...checkSystem(facts),
    ...(readiness.isReady && connections.length === 0 ? [NO_ACCOUNT] : []),
    ...connections.flatMap((connection) => checkConnection(connection, surroundings)),
  ];
}
