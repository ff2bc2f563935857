import { Doorbell } from '@app/common';
import type { UserView } from '@app/customers';
import { ConversionService, type Converted, IssueDeriver, PersonLinkService } from '@app/subscriptions';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

/** How many waiting subscriptions a call converts itself: a few seconds' worth. The worker does the rest. */
const CONVERTED_AT_ONCE = 5000;

/** Converts what a call has set free, after the call's own change is stored (rules M5, M9, U6). */
@Injectable()
export class ConversionDesk {
  constructor(
    private readonly em: EntityManager,
    private readonly conversions: ConversionService,
    private readonly issues: IssueDeriver,
    private readonly links: PersonLinkService,
    private readonly doorbell: Doorbell,
  ) {}

  /** What waits on these prices of a connection. */
  async afterMapping(connectionId: string, priceIds: readonly string[]): Promise<Converted> {
    if (priceIds.length === 0) {
      return { subscriptions: 0, users: 0, unfinished: false };
    }
    const cause = { kind: 'MAPPING', id: priceIds.length === 1 ? (priceIds[0] ?? '') : `${priceIds.length} prices` } as const;
    const converted = await this.conversions.convert(connectionId, { kind: 'PRICES', priceIds }, cause, CONVERTED_AT_ONCE);
    if (converted.unfinished) {
      await this.doorbell.tryToRing('conversions', { connectionId });
    }
    return converted;
  }

  /** What waits for a draft to be published, in every connection. */
  async afterPublishing(packageId: string): Promise<void> {
    const unfinished = await this.conversions.convertAll({ kind: 'PRICES', priceIds: null }, { kind: 'PACKAGE', id: packageId }, CONVERTED_AT_ONCE);
    for (const connectionId of unfinished) {
      await this.doorbell.tryToRing('conversions', { connectionId });
    }
  }

  /** What waits because it was not clear who this user is, before or now; and what one who was made from Stripe has by this user's email. */
  async afterUserChange(user: UserView): Promise<void> {
    await this.links.takeOverClaimed(user);
    await this.conversions.convertAll({ kind: 'CONFLICTS', user }, { kind: 'USER', id: user.key });
    await this.issues.refreshUsers(this.em.fork(), [user.key]);
  }
}
