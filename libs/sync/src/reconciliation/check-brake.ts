/** How much one reconciliation may take without asking: more than one of them, and it stops. */
export interface BrakeLimits {
  /** Of the users with access, or of the live subscriptions. */
  readonly percent: number;
  /** Users, or subscriptions. */
  readonly users: number;
}

/** What a reconciliation would take, of what there is. */
export interface BrakeLoad {
  readonly usersLosingAccess: number;
  readonly usersWithAccess: number;
  readonly goneSubscriptions: number;
  readonly liveSubscriptions: number;
}

/**
 * Whether a reconciliation must stop and ask (rule Y5). Subscriptions that Stripe does not know count as users do, whether
 * they give access or not: to a key of the wrong account everything looks gone.
 */
export function checkBrake(load: BrakeLoad, limits: BrakeLimits): boolean {
  return isTooMuch(load.usersLosingAccess, load.usersWithAccess, limits) || isTooMuch(load.goneSubscriptions, load.liveSubscriptions, limits);
}

function isTooMuch(taken: number, all: number, { percent, users }: BrakeLimits): boolean {
  // Where a limit is missing, it stops.
  return !(taken <= users && taken * 100 <= all * percent);
}
