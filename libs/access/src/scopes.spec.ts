import { describe, expect, it } from '@jest/globals';

import { grants, type Scope } from './scopes.js';

describe('grants', () => {
  it.each<[Scope[], Scope[]]>([
    [[], []],
    [['read'], ['read']],
    [['write'], ['read', 'write']],
    [['admin'], ['read', 'write', 'admin']],
    [['read', 'admin'], ['read', 'write', 'admin']],
  ])('lets a key with %j do %j and nothing else', (held, allowed) => {
    const all: Scope[] = ['read', 'write', 'admin'];
    expect(all.filter((wanted) => grants(held, wanted))).toEqual(allowed);
  });
});
