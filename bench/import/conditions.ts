/** How Stripe behaves during a run. */
export interface Conditions {
  readonly latencyMs: number;
  /** As Stripe limits a live account; null = no limit. */
  readonly limits: { readonly requestsPerSecond: number; readonly requestsPerSecondPerEndpoint: number } | null;
}

const STRIPE_LIMITS = { requestsPerSecond: 100, requestsPerSecondPerEndpoint: 25 };

export const CONDITIONS: readonly Conditions[] = [0, 100].flatMap((latencyMs) => [
  { latencyMs, limits: null },
  { latencyMs, limits: STRIPE_LIMITS },
]);

/** `100+limits`, `0`: as the option `--conditions` names them. */
export function nameOf({ latencyMs, limits }: Conditions): string {
  return `${latencyMs}${limits === null ? '' : '+limits'}`;
}
