import type { QueueName } from '@app/common';
import { getQueueToken } from '@nestjs/bullmq';
import type { INestApplicationContext } from '@nestjs/common';
import type { Queue } from 'bullmq';

/** The connections for which somebody has rung and nobody has answered yet. */
export async function ringsIn(app: INestApplicationContext, name: QueueName): Promise<string[]> {
  const jobs = await app.get<Queue<{ connectionId: string }>>(getQueueToken(name), { strict: false }).getJobs(['waiting', 'prioritized']);
  return jobs.map(({ data }) => data.connectionId);
}
