/** `npm run bench -- <name> [--option value …]`: one benchmark, one command. Results as a table and as JSON in bench/results. */
import { parseArgs } from 'node:util';

import { benchCommands } from './commands/bench-commands.js';
import { benchEntitlements } from './entitlements/bench-entitlements.js';
import { benchImport } from './import/bench-import.js';
import { benchImportChecks } from './import-checks/bench-import-checks.js';
import { benchImportScale } from './import-scale/bench-import-scale.js';
import { benchIssues } from './issues/bench-issues.js';
import { benchLostDay } from './lost-day/bench-lost-day.js';
import { benchWebhooks } from './webhooks/bench-webhooks.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    sizes: { type: 'string', default: '10000,1000000' },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string' },
    connections: { type: 'string' },
    subscriptions: { type: 'string' },
    events: { type: 'string', default: '20000' },
    peers: { type: 'boolean', default: false },
    redis: { type: 'string' },
    only: { type: 'string', default: 'kana,supabase,stripe' },
    conditions: { type: 'string', default: '0,0+limits,100,100+limits' },
    changes: { type: 'string' },
    seed: { type: 'string', default: '1' },
    checks: { type: 'string', default: '200' },
    workers: { type: 'string', default: '1' },
    latencies: { type: 'string', default: '0,100' },
  },
});

const BENCHES: Readonly<Record<string, () => Promise<boolean>>> = {
  commands: () => benchCommands({ subscriptions: Number(values.subscriptions ?? 2000), changes: Number(values.changes ?? 100), latenciesMs: values.latencies.split(',').map(Number) }),
  entitlements: () =>
    benchEntitlements({
      sizes: values.sizes.split(',').map(Number),
      seconds: Number(values.seconds),
      rounds: Number(values.rounds ?? 4),
      connections: Number(values.connections ?? 8),
    }),
  import: () =>
    benchImport({
      subscriptions: Number(values.subscriptions ?? 20_000),
      rounds: Number(values.rounds ?? 1),
      only: values.only.split(','),
      conditions: values.conditions.split(','),
    }),
  'import-scale': () =>
    benchImportScale({
      sizes: (values.subscriptions ?? '20000').split(',').map(Number),
      workers: values.workers.split(',').map(Number),
      conditions: values.conditions.split(','),
    }),
  'import-checks': () =>
    benchImportChecks({
      subscriptions: Number(values.subscriptions ?? 20_000),
      checksPerSecond: Number(values.checks),
      seconds: Number(values.seconds),
      conditions: values.conditions.split(','),
    }),
  issues: () => benchIssues({ sizes: values.sizes.split(',').map(Number), rounds: Number(values.rounds ?? 4) }),
  'lost-day': () => benchLostDay({ subscriptions: Number(values.subscriptions ?? 5_000), changes: Number(values.changes ?? 1000), seed: values.seed }),
  webhooks: () =>
    benchWebhooks({
      subscriptions: Number(values.subscriptions ?? 5_000),
      events: Number(values.events),
      seconds: Number(values.seconds),
      connections: (values.connections ?? '10,50').split(',').map(Number),
      redisUrl: values.redis,
      peers: values.peers,
    }),
};

const bench = BENCHES[positionals[0] ?? ''];
if (bench === undefined) {
  process.stderr.write(`Usage: npm run bench -- entitlements [--sizes 10000,1000000] [--seconds 5] [--rounds 4] [--connections 8]
       npm run bench -- import [--subscriptions 20000] [--only kana,supabase,stripe] [--conditions 0,0+limits,100,100+limits] [--rounds 1]
       npm run bench -- import-scale [--subscriptions 20000,1000000] [--workers 1,2,4] [--conditions 0]
       npm run bench -- import-checks [--subscriptions 20000] [--checks 200] [--seconds 5] [--conditions 100+limits]
       npm run bench -- lost-day [--subscriptions 5000] [--changes 1000] [--seed 1]
       npm run bench -- commands [--subscriptions 2000] [--changes 100] [--latencies 0,100]
       npm run bench -- issues [--sizes 10000,1000000] [--rounds 4]
       npm run bench -- webhooks [--subscriptions 5000] [--events 20000] [--seconds 5] [--connections 10,50] [--redis redis://127.0.0.1:6379] [--peers]
`);
  process.exitCode = 2;
} else {
  process.exitCode = (await bench()) ? 0 : 1;
}
