/** What stands before the resource in a path. */
const NAMESPACES = new Set(['test_helpers', 'billing', 'billing_portal', 'checkout', 'tax']);

/** What Stripe counts by itself: `GET /v1/subscriptions/sub_1?expand[]=customer` → `GET /v1/subscriptions/:id`. */
export function readEndpoint(method: string, path: string): string {
  const [version = '', ...segments] = path.replace(/\?.*$/s, '').split('/').filter((segment) => segment !== '');
  const resource = NAMESPACES.has(segments[0] ?? '') ? 1 : 0;
  const pattern = segments.map((segment, index) => (index === resource + 1 ? ':id' : segment));
  return `${method.toUpperCase()} /${[version, ...pattern].join('/')}`;
}
