import { PackageLifecycleService } from '@app/catalog';
import { UserIdQueries } from '@app/customers';
import { PersonLinkService } from '@app/subscriptions';
import { Injectable } from '@nestjs/common';

import { ConversionDesk } from '../../conversions/conversion-desk.js';
import { AddonDesk } from '../../prices/addon-desk.js';
import { PriceDesk } from '../../prices/price-desk.js';
import { WorkerDesk } from './worker-desk.js';

/** What fixes about people are done with. */
@Injectable()
export class PeopleTools {
  constructor(
    readonly links: PersonLinkService,
    readonly users: UserIdQueries,
  ) {}
}

/** What fixes are done with: the same services as the calls that do the same by themselves. */
@Injectable()
export class FixTools {
  constructor(
    readonly prices: PriceDesk,
    readonly addons: AddonDesk,
    readonly packages: PackageLifecycleService,
    readonly conversions: ConversionDesk,
    readonly worker: WorkerDesk,
    readonly people: PeopleTools,
  ) {}
}
