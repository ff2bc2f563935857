import { setTimeout as sleep } from 'node:timers/promises';

import { Doorbell, KanaError } from '@app/common';
import { UserIdQueries } from '@app/customers';
import { type AskedCommand, type Appended, CommandService, SubscriptionCommandService } from '@app/subscriptions';
import { type CommandFacts, CommandQueries } from '@app/sync';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

import type { CommandCaller } from './command-caller.decorator.js';
import { type CommandDto, toCommand } from './command.dto.js';

const SECOND_MS = 1000;
const LOOK_MS = 60;

/** How an answer to a command is given. */
interface Answering<Done> extends CommandCaller {
  readonly reply: FastifyReply;
  /** What is shown once it is done. */
  readonly done: (command: CommandFacts) => Promise<Done>;
  /** Of that; 200 unless it is said. */
  readonly doneStatus?: 200 | 201;
  readonly preview?: string | undefined;
}

/** Takes commands in, and answers as the caller prefers: at once, or when they have ended. */
@Injectable()
export class CommandDesk implements OnModuleDestroy {
  private isClosing = false;

  constructor(
    private readonly requests: SubscriptionCommandService,
    private readonly all: CommandService,
    private readonly commands: CommandQueries,
    private readonly users: UserIdQueries,
    private readonly doorbell: Doorbell,
  ) {}

  /** Before the server waits for its answers: who waits for Stripe is told how things are by then. */
  onModuleDestroy(): void {
    this.isClosing = true;
  }

  /** @throws KanaError stripe_refused where the caller waits, and what `SubscriptionCommandService.ask` throws */
  async ask<Done>(asked: AskedCommand, { askedBy, preview, ...answering }: Answering<Done>): Promise<Done | CommandDto> {
    return this.answer(await this.requests.ask({ asked, preview }, askedBy), answering);
  }

  async retry(commandId: string, askedBy: string, reply: FastifyReply): Promise<CommandDto> {
    return this.accept(await this.all.retry(commandId, askedBy), reply);
  }

  async show(command: CommandFacts): Promise<CommandDto> {
    return toCommand(command, await this.users.idsByKey(command.userKey === null ? [] : [command.userKey]));
  }

  /** Of a command that was taken in. @throws KanaError stripe_refused where the caller waits */
  async answer<Done>(appended: Appended, { waitSeconds, reply, done, doneStatus = 200 }: Omit<Answering<Done>, 'askedBy' | 'preview'>): Promise<Done | CommandDto> {
    if (waitSeconds === null) {
      return this.accept(appended, reply);
    }
    await this.doorbell.tryToRing('commands', appended);
    const command = await this.end(appended.id, waitSeconds);
    void reply.header('Preference-Applied', `wait=${waitSeconds}`);
    if (command.state === 'APPLIED') {
      void reply.status(doneStatus);
      return done(command);
    }
    if (command.state === 'FAILED') {
      throw refusedByStripe(command);
    }
    return this.tell(command, reply);
  }

  /** Of a command that comes of a call which stands whatever becomes of it: as it is now, or once it has ended. */
  async follow(appended: Appended, waitSeconds: number | null, reply: FastifyReply): Promise<CommandFacts> {
    const command = await this.commands.get(appended.id);
    await this.doorbell.tryToRing('commands', { connectionId: appended.connectionId });
    if (waitSeconds === null) {
      return command;
    }
    void reply.header('Preference-Applied', `wait=${waitSeconds}`);
    return this.end(appended.id, waitSeconds);
  }

  private async accept(appended: Appended, reply: FastifyReply): Promise<CommandDto> {
    const command = await this.commands.get(appended.id);
    await this.doorbell.tryToRing('commands', { connectionId: appended.connectionId });
    return this.tell(command, reply);
  }

  private async tell(command: CommandFacts, reply: FastifyReply): Promise<CommandDto> {
    void reply.status(202).header('Location', locationOf(command.id));
    return this.show(command);
  }

  /** Looks again and again, and holds nothing meanwhile. */
  private async end(id: string, seconds: number): Promise<CommandFacts> {
    const started = performance.now();
    for (;;) {
      const command = await this.commands.get(id);
      if (command.endedAt !== null || this.isClosing || performance.now() - started >= seconds * SECOND_MS) {
        return command;
      }
      await sleep(LOOK_MS);
    }
  }
}

function refusedByStripe({ id, error }: CommandFacts): KanaError {
  const words = error?.detail ?? '';
  return new KanaError('CONFLICT', 'stripe_refused', `Command ${id} failed (${error?.code ?? 'unknown'}): ${words}`, [], locationOf(id));
}

function locationOf(id: string): string {
  return `/v1/sync/commands/${id}`;
}
