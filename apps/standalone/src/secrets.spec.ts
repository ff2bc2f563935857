import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { loadEnv } from '@app/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { adminKey, encryptionKey } from './secrets.js';

const NOTHING_SET = loadEnv({});
let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'kana-secrets-'));
});

afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

describe('adminKey', () => {
  it('is made once, for the owner only, and kept', () => {
    const first = adminKey(NOTHING_SET, dataDir, 'test');
    expect(first.value).toMatch(/^kana_test_[\w-]{43}$/);
    expect(first.path).toBe(join(dataDir, 'admin-key'));
    expect(statSync(join(dataDir, 'admin-key')).mode & 0o777).toBe(0o600);
    expect(adminKey(NOTHING_SET, dataDir, 'test')).toEqual(first);
    expect(readdirSync(dataDir)).toEqual(['admin-key']);
  });

  it('is another one in live mode, and both are kept', () => {
    const test = adminKey(NOTHING_SET, dataDir, 'test');
    const live = adminKey(NOTHING_SET, dataDir, 'live');
    expect(live.value).toMatch(/^kana_live_[\w-]{43}$/);
    expect(adminKey(NOTHING_SET, dataDir, 'test')).toEqual(test);
    expect(adminKey(NOTHING_SET, dataDir, 'live')).toEqual(live);
  });

  it('is the given one, which is not written down', () => {
    const given = 'k'.repeat(32);
    expect(adminKey(loadEnv({ KANA_ADMIN_KEY: given }), dataDir, 'test')).toEqual({ value: given, path: undefined });
    expect(readdirSync(dataDir)).toEqual([]);
  });

  it('is refused when somebody has shortened the file', () => {
    writeFileSync(join(dataDir, 'admin-key'), 'short\n');
    expect(() => adminKey(NOTHING_SET, dataDir, 'test')).toThrow(expect.objectContaining({ code: 'admin_key_invalid' }));
  });
});

describe('encryptionKey', () => {
  it('is made once, for the owner only, and kept', () => {
    const first = encryptionKey(NOTHING_SET, dataDir);
    expect(first.value).toHaveLength(32);
    expect(statSync(join(dataDir, 'encryption-key')).mode & 0o777).toBe(0o600);
    expect(encryptionKey(NOTHING_SET, dataDir)).toEqual(first);
    expect(readFileSync(join(dataDir, 'encryption-key'), 'utf8').trim()).toBe(first.value.toString('base64'));
  });

  it('is never replaced when the file is damaged: what it has encrypted would be lost', () => {
    writeFileSync(join(dataDir, 'encryption-key'), '');
    expect(() => encryptionKey(NOTHING_SET, dataDir)).toThrow(expect.objectContaining({ code: 'encryption_key_invalid' }));
  });
});
