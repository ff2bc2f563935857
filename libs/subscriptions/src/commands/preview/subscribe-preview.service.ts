import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { transactionWithRetry } from '@app/common';
import { StripeWriters } from '@app/stripe';

import { loadPayingUser } from '../subscribe/subscribe-ground.queries.js';
import { previewGroundOf, SubscribeCommandService, type WantedSubscribe } from '../subscribe/subscribe-command.service.js';
import { AccessForecast } from './access-forecast.js';
import { PREVIEW_SECONDS } from './check-preview.js';
import type { CommandPreview } from './command-preview.service.js';
import { PreviewSeal } from './preview-seal.js';
import { projectCustomer, projectNew } from './project-new.js';

/** Tells beforehand what subscribing a user would cost and do, as `CommandPreviewService` does of changes. Changes nothing. */
@Injectable()
export class SubscribePreviewService {
  constructor(
    private readonly em: EntityManager,
    private readonly writers: StripeWriters,
    private readonly commands: SubscribeCommandService,
    private readonly forecast: AccessForecast,
    private readonly seals: PreviewSeal,
  ) {}

  /** @throws KanaError as `SubscribeCommandService.ask`; StripeCallError */
  async preview(wanted: WantedSubscribe): Promise<CommandPreview> {
    const connection = await this.commands.connectionOf(wanted);
    const decided = await transactionWithRetry(this.em, (em) => this.commands.decide(em, connection.id, wanted));
    const { userKey, payer, terms, at } = decided;
    const customerId = payer.kind === 'KNOWN' ? payer.id : null;
    const cost = await this.writers.previewerOf(connection).previewNew(terms, customerId);
    const user = customerId === null ? await loadPayingUser(this.em.fork(), userKey) : null;
    const features = await this.forecast.of({ connection, snapshot: projectNew(terms, customerId, at), userKey, ...(user === null ? {} : { customer: projectCustomer(user, at) }) });
    const preview = this.seals.seal(previewGroundOf(decided, wanted.asked), null);
    return { cost, features, effectiveAt: at, preview, expiresAt: new Date(Date.parse(at) + PREVIEW_SECONDS * 1000).toISOString() };
  }
}
