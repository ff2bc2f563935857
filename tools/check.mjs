/**
 * `npm run check`: every guard of the house, one after the other, each to its end, so that one run shows all that is
 * wrong. Quiet where all is well.
 */
import { spawnSync } from 'node:child_process';

const GUARDS = {
  lint: 'limits, types, promises (oxlint)',
  depcruise: 'the arrows between folders (dependency-cruiser)',
  knip: 'nothing unused (knip)',
  typecheck: 'types (tsc)',
  'openapi:check': 'openapi.json is what the controllers say',
  'ownership:check': 'docs/field-ownership.md tells the table of owners',
  'migration:check': 'no migration is missing',
};

const failed = Object.entries(GUARDS).filter(([script, meaning]) => {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', script], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  const isRight = status === 0;
  console.log(`${isRight ? 'ok  ' : 'FAIL'} ${script}: ${meaning} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  if (!isRight) {
    console.log(`${stdout}${stderr}`);
  }
  return !isRight;
});

if (failed.length > 0) {
  console.log(`Guards that failed: ${failed.map(([script]) => script).join(', ')}. Run one alone with \`npm run <name>\`.`);
  process.exitCode = 1;
}
