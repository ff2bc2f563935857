import { conflict } from '@app/common';
import { ConnectionService } from '@app/stripe';
import { PriceCommandService } from '@app/subscriptions';
import type { CommandFacts } from '@app/sync';
import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

import type { CommandCaller } from '../commands/command-caller.decorator.js';
import { CommandDesk } from '../commands/command-desk.js';
import type { CommandDto } from '../commands/command.dto.js';
import type { NewPriceInput } from './new-price.dto.js';
import type { PackagePriceDto } from './package.dto.js';
import { PackagePricesQueries } from './package-prices.queries.js';

/** Has Stripe make prices, and shows them as their package has them. */
@Injectable()
export class PackagePriceDesk {
  constructor(
    private readonly connections: ConnectionService,
    private readonly requests: PriceCommandService,
    private readonly desk: CommandDesk,
    private readonly prices: PackagePricesQueries,
  ) {}

  async create(packageId: string, input: NewPriceInput, { askedBy, waitSeconds }: CommandCaller, reply: FastifyReply): Promise<PackagePriceDto | CommandDto> {
    const { connectionId, nickname = null, productId = null, ...terms } = input;
    const { id } = await this.connections.resolve(connectionId);
    const appended = await this.requests.ask(id, { packageId, ...terms, nickname, productId }, askedBy);
    return this.desk.answer(appended, { waitSeconds, reply, doneStatus: 201, done: (command) => this.made(packageId, command) });
  }

  private async made(packageId: string, { id: commandId, connectionId, result }: CommandFacts): Promise<PackagePriceDto> {
    const prices = (await this.prices.byPackage([packageId])).get(packageId) ?? [];
    const price = prices.find((each) => each.connectionId === connectionId && each.id === result?.id);
    if (price === undefined) {
      throw conflict('price_not_mapped', `Stripe has made the price ${result?.id} (command ${commandId}), but it is not the package’s: meanwhile somebody has mapped it to another package, left it out, or archived the package.`);
    }
    return price;
  }
}
