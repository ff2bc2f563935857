/** `npm run bench -- <name> [--option value …]`: one benchmark, one command. Results as a table and as JSON in bench/results. */
import { parseArgs } from 'node:util';

import { benchEntitlements } from './entitlements/bench-entitlements.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    sizes: { type: 'string', default: '10000,1000000' },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '4' },
    connections: { type: 'string', default: '8' },
  },
});

const options = {
  sizes: values.sizes.split(',').map(Number),
  seconds: Number(values.seconds),
  rounds: Number(values.rounds),
  connections: Number(values.connections),
};

if (positionals[0] === 'entitlements') {
  process.exitCode = (await benchEntitlements(options)) ? 0 : 1;
} else {
  process.stderr.write('Usage: npm run bench -- entitlements [--sizes 10000,1000000] [--seconds 5] [--rounds 4] [--connections 8]\n');
  process.exitCode = 2;
}
