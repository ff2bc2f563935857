/** What a key may do, from little to much; each includes those before it. */
export const SCOPES = ['read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Whether a key with these scopes may do what needs the wanted one: admin ⊃ write ⊃ read. */
export function grants(held: readonly Scope[], wanted: Scope): boolean {
  return held.some((scope) => SCOPES.indexOf(scope) >= SCOPES.indexOf(wanted));
}
