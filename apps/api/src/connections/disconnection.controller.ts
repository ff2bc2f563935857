import { Controller, Delete, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { callerId } from '../http/schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import { type ConnectionDto, connectionExample, connectionSchema } from './connection.dto.js';
import { ConnectionView } from './connection.view.js';
import { DisconnectionDesk } from './disconnection-desk.js';

const example: ConnectionDto = { ...connectionExample, status: 'DISCONNECTED', webhook: { state: 'DISCONNECTED', url: null, detail: null } };

@ApiTags('Stripe connections')
@Controller('v1/stripe/connections')
export class DisconnectionController {
  constructor(
    private readonly disconnections: DisconnectionDesk,
    private readonly view: ConnectionView,
  ) {}

  @Delete(':id')
  @Operation({
    id: 'disconnectStripe',
    scope: 'admin',
    summary: 'Disconnect a Stripe account',
    description:
      'Stops everything: an import under way ends FAILED (`connection_disconnected`), webhooks answer 410. Deletes the key, the webhook secrets and, as well as that goes, the webhook endpoint in Stripe: `webhook.detail` says what is left there. Kana’s data stay. Connecting the same account again goes on where it was.',
    ok: { status: 200, description: 'The connection, disconnected.', schema: connectionSchema, example },
    errors: { 404: ['connection_not_found'] },
  })
  async disconnect(@Param('id', { schema: callerId }) id: string): Promise<ConnectionDto> {
    return this.view.show(await this.disconnections.disconnect(id));
  }
}
