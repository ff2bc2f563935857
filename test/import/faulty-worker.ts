import { loadEnv } from '@app/common';
import { NestFactory } from '@nestjs/core';

import { WorkerModule } from '../../apps/worker/src/worker.module.js';
import { BUGS_OF_THE_DEAD } from './planted-bugs.js';

/** A worker process with one of the planted bugs in it, which `KANA_TEST_BUG` names. */
const env = loadEnv();
const worker = await NestFactory.createApplicationContext(WorkerModule.forRoot(env, env.databaseUrl ?? ''), { abortOnError: false });
BUGS_OF_THE_DEAD[process.env['KANA_TEST_BUG'] ?? '']?.(worker);
process.on('disconnect', () => process.exit(1));
process.on('SIGTERM', () => void worker.close().then(() => process.exit(0)));
process.send?.({ ready: true });
