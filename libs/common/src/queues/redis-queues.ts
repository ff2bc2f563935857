import { once } from 'node:events';

import { Injectable, type OnApplicationShutdown } from '@nestjs/common';

import { within } from '../within.js';
import { QueueConnection } from './queue-connection.js';
import { SharedRedis } from './shared-redis.js';

const PATIENCE_MS = 1000;
/** Any other lets Redis drop a part of what belongs together. */
const RIGHT_POLICY = 'noeviction';

/**
 * The queues in Redis, which may be away, be emptied or be another one at any time: it holds wake-ups alone, and what
 * there is to do is in the ledgers. The process starts and serves without it.
 */
@Injectable()
export class RedisQueues extends QueueConnection implements OnApplicationShutdown {
  readonly backend = 'redis';
  readonly pool = undefined;
  readonly shared: SharedRedis;
  private away = false;
  private policyTold = false;

  constructor(redisUrl: string) {
    super();
    this.shared = new SharedRedis(redisUrl);
    this.shared.on('error', (error) => this.lose(error));
    this.shared.on('close', () => this.lose(undefined));
    this.shared.on('ready', () => this.find());
  }

  get isAway(): boolean {
    return this.away;
  }

  /**
   * While Redis is away every queue and worker tells of it, and it has been told. A worker's own connection may learn of it
   * before this one does.
   */
  override met(error: unknown, message: string, fields: Readonly<Record<string, string>> = {}): void {
    if (!this.away && !this.shared.isLeaving) {
      void this.answers().then((isThere) => {
        if (isThere && !this.shared.isLeaving) {
          super.met(error, message, fields);
        }
      });
    }
  }

  async answers(): Promise<boolean> {
    if (this.shared.status !== 'ready') {
      return false;
    }
    try {
      await within(PATIENCE_MS, this.shared.ping(), () => new Error('Redis does not answer.'));
      return true;
    } catch {
      this.renew();
      return false;
    }
  }

  renew(): void {
    if (this.shared.status === 'ready') {
      this.shared.disconnect(true);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    this.shared.leave();
    if (this.shared.status !== 'end') {
      const ended = once(this.shared, 'end');
      this.shared.disconnect();
      await ended;
    }
  }

  private lose(error: Error | undefined): void {
    if (!this.away && !this.shared.isLeaving) {
      this.away = true;
      this.logger.warn({ err: error }, 'Redis is away: nobody is woken up until it is back, and no work is lost');
    }
  }

  private find(): void {
    if (this.away) {
      this.away = false;
      this.logger.log('Redis is back');
      this.tellBack();
    }
    void this.checkPolicy();
  }

  private async checkPolicy(): Promise<void> {
    const memory = await this.shared.info('memory').catch(() => '');
    const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1] ?? RIGHT_POLICY;
    if (policy !== RIGHT_POLICY && !this.policyTold) {
      this.policyTold = true;
      this.logger.warn({ policy }, `Redis may drop wake-ups when its memory is full. Set its maxmemory-policy to ${RIGHT_POLICY}`);
    }
  }
}
