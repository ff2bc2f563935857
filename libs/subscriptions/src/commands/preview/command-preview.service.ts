import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { Clock } from '@app/common';
import { ConnectionService, type CostPreview, StripeWriters } from '@app/stripe';

import type { AskedCommand } from '../asked-command.js';
import { commandRefused } from '../command.errors.js';
import { resolveCommand } from '../resolve-command.js';
import { loadPaid } from '../load-paid.js';
import { AccessForecast } from './access-forecast.js';
import { PREVIEW_SECONDS } from './check-preview.js';
import { changeGround, PreviewSeal } from './preview-seal.js';
import { projectChange } from './project-change.js';
import type { AccessChange } from './resolve-access-change.js';

export interface CommandPreview {
  readonly cost: CostPreview;
  readonly features: readonly AccessChange[];
  /** When access changes, RFC 3339; null = when Stripe says. */
  readonly effectiveAt: string | null;
  /** To be given with the command, so that it costs just this. */
  readonly preview: string;
  readonly expiresAt: string;
}

/** Tells beforehand what a command would cost and do: Stripe says what it costs, Kana's own projection what it does. Changes nothing. */
@Injectable()
export class CommandPreviewService {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly connections: ConnectionService,
    private readonly writers: StripeWriters,
    private readonly forecast: AccessForecast,
    private readonly seals: PreviewSeal,
  ) {}

  /** @throws KanaError subscription_not_found, subscription_not_paid, or a code of `CommandRefusal`; StripeCallError */
  async preview(asked: AskedCommand): Promise<CommandPreview> {
    const { target, ground, at } = await loadPaid(this.em.fork(), asked, this.clock.now());
    const verdict = resolveCommand(asked, ground);
    if (verdict.kind === 'REFUSED') {
      throw commandRefused(verdict);
    }
    const connection = await this.connections.get(target.connectionId);
    const cost = await this.writers.previewerOf(connection).preview(verdict.request);
    const { snapshot, effectiveAt } = projectChange(verdict.request, ground.subscription, ground.now);
    const features = await this.forecast.of({ connection, snapshot, userKey: target.userKey });
    const preview = this.seals.seal({ asked, ground: changeGround(ground.subscription, verdict.request), at }, cost.prorationDate);
    return { cost, features, effectiveAt, preview, expiresAt: new Date(Date.parse(at) + PREVIEW_SECONDS * 1000).toISOString() };
  }
}
