import type { Scope } from './scopes.js';

/** A key as an administrator sees it: never the key itself. */
export interface ApiKeyView {
  id: string;
  name: string;
  hint: string;
  scopes: Scope[];
  status: 'ACTIVE' | 'EXPIRED' | 'REVOKED';
  origin: 'SETTINGS' | 'API';
  createdBy: string | null;
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
  lastUsedAt: string | null;
  replacedBy: string | null;
}

/** A key that was just made, with the key itself: the only time that it can be seen. */
export interface NewApiKey extends ApiKeyView {
  key: string;
}

export interface ApiKeyInput {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt: Date | null;
}
