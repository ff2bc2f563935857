import { describe, expect, it } from '@jest/globals';

import { chooseOsUser } from './choose-os-user.js';

const ROOT = 'root:x:0:0:root:/root:/bin/bash';
const NOBODY = 'nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin';
const POSTGRES = 'postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash';

describe('chooseOsUser', () => {
  it.each([
    ['takes postgres where there is one', [ROOT, NOBODY, POSTGRES], { name: 'postgres', uid: 101, gid: 104 }],
    ['takes nobody elsewhere', [ROOT, NOBODY], { name: 'nobody', uid: 65_534, gid: 65_533 }],
    ['takes the one of macOS', [ROOT, '_postgres:*:216:216:PostgreSQL Server:/var/empty:/usr/bin/false'], { name: '_postgres', uid: 216, gid: 216 }],
    ['understands the negative ids of macOS', ['nobody:*:-2:-2:Unprivileged User:/var/empty:/usr/bin/false'], { name: 'nobody', uid: -2, gid: -2 }],
    ['never takes a user that is root by another name', ['postgres:x:0:0::/:/bin/sh', NOBODY], { name: 'nobody', uid: 65_534, gid: 65_533 }],
    ['passes over comments and broken lines', ['# users', 'postgres', 'postgres:x:a:b:::', NOBODY], { name: 'nobody', uid: 65_534, gid: 65_533 }],
    ['finds none among others', [ROOT], undefined],
  ])('%s', (_name, lines, expected) => {
    expect(chooseOsUser(lines.join('\n'))).toEqual(expected);
  });
});
