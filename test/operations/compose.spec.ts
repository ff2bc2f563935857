import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { loadDatabaseUrl, loadEnv } from '@app/common';
import { describe, expect, it } from '@jest/globals';

import { type Deployment, interpolate, readCompose } from '../support/compose-file.js';
import { findFlaws } from '../support/compose-flaws.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (name: string): string => readFileSync(`${ROOT}${name}`, 'utf8');
const FILES: Deployment = { compose: read('docker-compose.yml'), dockerfile: read('Dockerfile'), dockerignore: read('.dockerignore') };

/** What somebody puts into kana.env. */
const SECRETS = { POSTGRES_PASSWORD: 'f00d'.repeat(16), KANA_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'), KANA_ADMIN_KEY: `kana_live_${'0'.repeat(64)}` };

function environmentOf(service: string, values: Readonly<Record<string, string>>): Record<string, string> {
  return { ...readCompose(interpolate(FILES.compose, values)).services[service]?.environment };
}

describe('docker-compose.yml', () => {
  it('has no flaw that can be seen without a container engine', () => {
    expect(findFlaws(FILES)).toEqual([]);
  });

  it.each(['api', 'worker'])('gives the %s settings that it starts with, and Redis only where it is asked for', (service) => {
    const plain = loadEnv(environmentOf(service, SECRETS));
    expect(plain).toMatchObject({ databaseUrl: `postgresql://kana:${SECRETS.POSTGRES_PASSWORD}@postgres:5432/kana`, redisUrl: undefined, logLevel: 'info' });
    expect(loadEnv(environmentOf(service, { ...SECRETS, REDIS_URL: 'redis://redis:6379', LOG_LEVEL: 'warn' }))).toMatchObject({ redisUrl: 'redis://redis:6379', logLevel: 'warn' });
  });

  it('gives the migrations the database and nothing else', () => {
    const environment = environmentOf('migrate', SECRETS);
    expect(Object.keys(environment)).toEqual(['DATABASE_URL']);
    expect(loadDatabaseUrl(environment)).toContain('@postgres:5432/kana');
  });

  it('names hosts that are services, and the Redis of the header is the one of the profile', () => {
    const { services } = readCompose(FILES.compose);
    const [, address = ''] = /^#\s+REDIS_URL=(\S+)/m.exec(FILES.compose) ?? [];
    expect(services[new URL(address).hostname]?.profiles).toEqual(['redis']);
    expect(services['redis']?.command).toEqual(expect.arrayContaining(['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction']));
    expect(Object.entries(services).flatMap(([name, { profiles }]) => (profiles === undefined ? [] : [name]))).toEqual(['redis']);
  });
});

/** Each is planted alone, and must be found. */
const PLANTED: readonly (readonly [name: string, file: keyof Deployment, from: string | RegExp, to: string, found: RegExp])[] = [
  ['a setting that does not exist', 'compose', 'LOG_LEVEL: ${LOG', 'LOG_LEVLE: ${LOG', /LOG_LEVLE is no setting/],
  ['a variable that nobody explains', 'compose', '${LOG_LEVEL:-info}', '${LOUDNESS:?how loud}', /LOUDNESS.*not explained/],
  ['a variable that may be missing', 'compose', '${KANA_ADMIN_KEY:?set KANA_ADMIN_KEY in kana.env}', '${KANA_ADMIN_KEY}', /KANA_ADMIN_KEY.*without anybody noticing/],
  ['a secret in the file', 'compose', '${KANA_ADMIN_KEY:?set KANA_ADMIN_KEY in kana.env}', 'kana_live_0123', /written down/],
  ['a command whose file is not built', 'compose', 'dist/apps/worker/src/main.js', 'dist/apps/worker/main.js', /not in the image/],
  ['a command that is not shipped', 'compose', 'dist/apps/worker/src/main.js', 'dist/apps/standalone/src/main.js', /not in the image/],
  ['a command of the image whose file is not built', 'dockerfile', '"--heap-growing-percent=50", "dist/apps/api/src/main.js"]', '"--heap-growing-percent=50", "dist/main.js"]', /api: dist\/main.js/],
  ['a dependency that is not there', 'compose', 'migrate: { condition', 'migration: { condition', /migration, which is not there/],
  ['a condition that does not exist', 'compose', 'condition: service_completed_successfully', 'condition: service_completed', /no condition/],
  ['a dependency on an unchecked health', 'compose', 'migrate: { condition: service_completed_successfully }', 'migrate: { condition: service_healthy }', /nobody checks/],
  ['a dependency on a profile', 'compose', 'migrate: { condition: service_completed_successfully }', 'redis: { condition: service_healthy }', /profile only/],
  ['a wait for what is restarted', 'compose', 'restart: "no"', 'restart: unless-stopped', /which is restarted/],
  ['a Redis without a health check', 'compose', 'test: ["CMD", "redis-cli", "ping"]', 'disable: true', /redis: nobody checks its health/],
  ['an image without a health check', 'dockerfile', /^HEALTHCHECK.*$/m, '', /api: nobody checks its health/],
  ['a file system that can be written', 'compose', /read_only: true/, 'read_only: false', /can be written/],
  ['capabilities', 'compose', 'cap_drop: [ALL]', 'cap_drop: []', /keeps capabilities/],
  ['a capability too many', 'compose', 'SETUID]', 'SETUID, SYS_ADMIN]', /capabilities that nothing/],
  ['root', 'compose', 'user: "999:999"', 'user: "0:0"', /redis: runs as root/],
  ['root in the image', 'dockerfile', 'USER node', 'USER root', /image runs as root/],
  ['an image of any version', 'compose', 'redis:7-bookworm', 'redis:latest', /redis: its image has no version/],
  ['a database that is published', 'compose', 'shm_size: 256m', 'shm_size: 256m\n    ports: ["127.0.0.1:5432:5432"]', /postgres: is published/],
  ['an api for everybody', 'compose', '"127.0.0.1:${KANA_PORT', '"${KANA_PORT', /beyond this machine/],
  ['a Redis for everybody', 'compose', /(maxmemory-policy.*\n\s+networks: \[)inside/, '$1inside, outside', /redis: is reachable from outside/],
  ['an inside with a way out', 'compose', 'internal: true', 'internal: false', /not internal/],
  ['a network that is not declared', 'compose', 'outside: {}', 'outer: {}', /network outside, which is not declared/],
  ['a volume that is not declared', 'compose', 'postgres: {}', 'data: {}', /postgres, which is not declared/],
  ['a misspelt key', 'compose', 'stop_grace_period: 15s', 'stop_grace: 15s', /unknown key stop_grace/],
  ['too little time to end', 'compose', 'stop_grace_period: 15s', 'stop_grace_period: 5s', /killed before/],
  ['the sandbox in the image', 'dockerfile', 'rm -rf dist/apps/sandbox ', 'rm -rf ', /image holds sandbox/],
  ['a repository that is sent whole', 'dockerignore', /^\*$/m, '', /sent to the build/],
  ['a file that the build lacks', 'dockerignore', '!tsconfig.build.json\n', '', /tsconfig.build.json is copied/],
];

describe('a flaw is found', () => {
  it.each(PLANTED)('where it is %s', (_name, file, from, to, found) => {
    const changed = { ...FILES, [file]: FILES[file].replace(from, to) };
    expect(changed[file]).not.toBe(FILES[file]);
    expect(findFlaws(changed).join('\n')).toMatch(found);
  });
});

const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;

(hasCompose ? describe : describe.skip)('docker compose itself (needs the compose plugin of docker)', () => {
  it.each(['', 'redis'])('accepts the file with the profile "%s"', (profile) => {
    const words = ['compose', '--file', `${ROOT}docker-compose.yml`, '--profile', profile, 'config', '--quiet'];
    const { status, stderr } = spawnSync('docker', words, { encoding: 'utf8', env: { PATH: process.env['PATH'], ...SECRETS } });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
