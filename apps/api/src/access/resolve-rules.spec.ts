import { describe, expect, it } from '@jest/globals';

import { resolveRules } from './resolve-rules.js';

describe('resolveRules', () => {
  it.each([
    ['GET', {}, { scope: 'read', idempotency: 'none', isAudited: false }],
    ['GET', { scope: 'admin' as const }, { scope: 'admin', idempotency: 'none', isAudited: false }],
    ['POST', {}, { scope: 'write', idempotency: 'accepted', isAudited: true }],
    ['POST', { scope: 'read' as const }, { scope: 'read', idempotency: 'none', isAudited: false }],
    ['POST', { scope: 'read' as const, idempotency: 'required' as const }, { scope: 'read', idempotency: 'none', isAudited: false }],
    ['POST', { idempotency: 'required' as const }, { scope: 'write', idempotency: 'required', isAudited: true }],
    ['POST', { idempotency: 'own' as const, audited: false as const }, { scope: 'write', idempotency: 'own', isAudited: false }],
    ['PUT', { idempotency: 'required' as const }, { scope: 'write', idempotency: 'none', isAudited: true }],
    ['PATCH', { scope: 'admin' as const }, { scope: 'admin', idempotency: 'none', isAudited: true }],
    ['DELETE', {}, { scope: 'write', idempotency: 'none', isAudited: true }],
  ])('makes of %s and %j: %j', (method, declared, expected) => {
    expect(resolveRules(method, { id: 'x', ...declared })).toMatchObject(expected);
  });
});
