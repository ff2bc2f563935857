import type { StripeConnection } from '@app/stripe';
import { StreamQueries } from '@app/sync';
import { Injectable } from '@nestjs/common';

import { type ConnectionDto, toConnection } from './connection.dto.js';

/** Connections as callers see them, with up to when they are in step. */
@Injectable()
export class ConnectionView {
  constructor(private readonly streams: StreamQueries) {}

  async show(connection: StripeConnection): Promise<ConnectionDto> {
    return toConnection(connection, (await this.streams.syncedThrough()).get(connection.id));
  }

  async showAll(connections: readonly StripeConnection[]): Promise<ConnectionDto[]> {
    const syncedThrough = await this.streams.syncedThrough();
    return connections.map((connection) => toConnection(connection, syncedThrough.get(connection.id)));
  }
}
