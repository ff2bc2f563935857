/**
 * `npm run soak [-- I4 I8 …]`: the long sizes of the suites that show what must hold, and docs/reliability.json with what they
 * showed; a part of a suite's path chooses, too (`-- live/races`). Each suite takes its size and its seed from the environment;
 * `PROPERTY_SEED=…` repeats a run, and `SOAK_RUNS=2000` cuts the sizes down to that, where there is not the time for all of it.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const REPORT = join(ROOT, 'docs/reliability.json');
const SUITES = JSON.parse(readFileSync(new URL('soak.json', import.meta.url), 'utf8'));

const wanted = process.argv.slice(2);
const chosen = SUITES.filter(({ invariant, path }) => wanted.length === 0 || wanted.some((word) => word === invariant || (word.includes('/') && path.includes(word))));
if (chosen.length === 0) {
  process.stderr.write(`There is no suite for ${wanted.join(', ')}. There are: ${[...new Set(SUITES.map(({ invariant }) => invariant))].join(', ')}.\n`);
  process.exit(2);
}

const most = Number(process.env.SOAK_RUNS ?? Number.POSITIVE_INFINITY);
const seed = process.env.PROPERTY_SEED ?? String(Date.now() % 2 ** 31);
const report = existsSync(REPORT) ? JSON.parse(readFileSync(REPORT, 'utf8')) : {};
let failed = 0;
for (const { runs, ...rest } of chosen) {
  const suite = { ...rest, runs: Math.min(runs, most) };
  process.stdout.write(`${suite.invariant}  ${suite.path}  ${suite.env}=${suite.runs}\n`);
  const result = await run(suite);
  failed += result.failed;
  report[`${suite.invariant} ${suite.path}`] = { invariant: suite.invariant, suite: suite.path, holds: suite.holds, ...result };
  writeFileSync(REPORT, `${JSON.stringify(report, null, 2)}\n`);
  process.stdout.write(`    ${result.passed} passed, ${result.failed} failed in ${result.wallSeconds} s, seed ${seed}\n`);
}
process.exitCode = failed === 0 ? 0 : 1;

async function run({ path, env, runs }) {
  const folder = mkdtempSync(join(tmpdir(), 'kana-soak-'));
  const output = join(folder, 'result.json');
  const started = performance.now();
  const jest = ['--no-warnings', '--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--runInBand', '--forceExit', '--json', `--outputFile=${output}`, path];
  const child = spawn(process.execPath, jest, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, [env]: String(runs), PROPERTY_SEED: seed } });
  await new Promise((resolve) => child.on('exit', resolve));
  const { numPassedTests: passed, numFailedTests, numFailedTestSuites } = existsSync(output) ? JSON.parse(readFileSync(output, 'utf8')) : { numPassedTests: 0, numFailedTests: 1, numFailedTestSuites: 1 };
  rmSync(folder, { recursive: true, force: true });
  return {
    seed,
    runs,
    passed,
    failed: Math.max(numFailedTests, numFailedTestSuites > 0 ? 1 : 0),
    wallSeconds: Math.round((performance.now() - started) / 1000),
    loadAverage: loadavg().map((load) => Math.round(load * 10) / 10),
    at: new Date().toISOString().slice(0, 10),
  };
}
