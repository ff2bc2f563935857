import { ConnectionService, StripeWriters } from '@app/stripe';
import { ObjectSettler } from '@app/subscriptions';
import { CommandLedger } from '@app/sync';
import type { INestApplicationContext } from '@nestjs/common';

import { CommandDelivery } from '../../apps/worker/src/commands/command-delivery.js';
import { CommandDrain } from '../../apps/worker/src/commands/command-drain.js';

const OF_ALL = { strict: false };
const OWNER = 'commands:test';

/** Where a worker is gone, as if it had been killed: what it was about to do next it never does. */
export const KILL_POINTS = ['BEFORE_BEGIN', 'BEFORE_CALL', 'DURING_CALL', 'AFTER_CALL', 'BEFORE_COMMIT', 'AFTER_COMMIT'] as const;
export type KillPoint = (typeof KILL_POINTS)[number];

/** Delivers commands step by step, in a worker that dies where it is told to. */
export class MortalDelivery {
  private point: KillPoint | null = null;
  private putOff = 0;
  private killed = Promise.withResolvers<'KILLED'>();
  private app: INestApplicationContext | undefined;

  /** @param arrival when the next call that changes something has reached Stripe */
  constructor(private readonly arrival: () => Promise<void>) {}

  /** Plants it in a worker that is about to run; its own drain does nothing any more. */
  readonly plant = (worker: INestApplicationContext): void => {
    this.app = worker;
    worker.get(CommandDrain, OF_ALL).drain = () => Promise.resolve(null);
    this.plantInLedger(worker.get(CommandLedger, OF_ALL));
    this.plantInWriters(worker.get(StripeWriters, OF_ALL));
    this.plantInSettler(worker.get(ObjectSettler, OF_ALL));
  };

  /** One attempt at whatever is due; gives how many commands were put off, as somebody was just reading what they change. */
  async attempt(connectionId: string, killAt: KillPoint | null = null): Promise<number> {
    const { app } = this;
    if (app === undefined) {
      throw new Error('There is no worker.');
    }
    this.point = killAt;
    this.putOff = 0;
    this.killed = Promise.withResolvers<'KILLED'>();
    const connection = await app.get(ConnectionService, OF_ALL).get(connectionId);
    const claimed = await app.get(CommandLedger, OF_ALL).claim(connectionId, OWNER, 10);
    const delivery = app.get(CommandDelivery, OF_ALL);
    const signal = new AbortController().signal;
    await Promise.race([this.killed.promise, Promise.all(claimed.map((command) => delivery.deliver({ connection, owner: OWNER, signal }, command)))]);
    this.point = null;
    return this.putOff;
  }

  /** Never comes back where the worker dies here. */
  private async passes(point: KillPoint): Promise<void> {
    if (this.point === point) {
      this.point = null;
      this.killed.resolve('KILLED');
      await new Promise<never>(() => undefined);
    }
  }

  private plantInLedger(ledger: CommandLedger): void {
    const release = ledger.release.bind(ledger);
    ledger.release = async (...given) => {
      this.putOff += 1;
      await release(...given);
    };
    const begin = ledger.begin.bind(ledger);
    ledger.begin = async (...given) => {
      await this.passes('BEFORE_BEGIN');
      const begun = await begin(...given);
      await this.passes('BEFORE_CALL');
      return begun;
    };
  }

  private plantInWriters(writers: StripeWriters): void {
    const make = writers.of.bind(writers);
    writers.of = (...given) => {
      const writer = make(...given);
      const call = writer.send.bind(writer);
      writer.send = async (...request) => {
        const arrived = this.point === 'DURING_CALL' ? this.arrival() : undefined;
        const answer = call(...request);
        if (arrived !== undefined) {
          await arrived;
          await this.passes('DURING_CALL');
        }
        await answer;
        await this.passes('AFTER_CALL');
        return answer;
      };
      return writer;
    };
  }

  /** A transaction that is cut off is rolled back by PostgreSQL. */
  private plantInSettler(settler: ObjectSettler): void {
    const complete = settler.complete.bind(settler);
    settler.complete = async (...given) => {
      const [connection, results, { record, ...options } = {}] = given;
      if (options.cause?.kind !== 'COMMAND') {
        // The same worker settles events meanwhile.
        return complete(...given);
      }
      const isCut = this.point === 'BEFORE_COMMIT';
      try {
        const completed = await complete(connection, results, {
          ...options,
          record: async (em, done) => {
            await record?.(em, done);
            if (isCut) {
              throw new Error('Cut off.');
            }
          },
        });
        await this.passes('AFTER_COMMIT');
        return completed;
      } catch (error) {
        await this.passes('BEFORE_COMMIT');
        throw error;
      }
    };
  }
}
