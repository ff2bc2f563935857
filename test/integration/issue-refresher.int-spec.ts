import { IssueDeriver } from '@app/subscriptions';
import { ConnectionService } from '@app/stripe';
import { RequestContext } from '@mikro-orm/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { IssueRefresher } from '../../apps/worker/src/events/issue-refresher.js';
import { IssueSuite } from '../support/issue-suite.js';
import { subscriptionOf } from '../support/snapshots.js';
import { ONLY } from '../support/stripe-world.js';

let suite: IssueSuite;
let refresher: IssueRefresher;
beforeAll(async () => {
  suite = await IssueSuite.start();
});
afterAll(() => suite.world.close());
beforeEach(async () => {
  await suite.next();
  const { app } = suite.world.api;
  refresher = new IssueRefresher(suite.world.em(), app.get(ConnectionService, { strict: false }), app.get(IssueDeriver, { strict: false }));
});

const sweep = (): Promise<void> => RequestContext.create(suite.world.em(), () => refresher.sweep());
const open = (): Promise<string[]> => suite.states('PRICE_UNMAPPED', suite.price);

describe('a worker', () => {
  it('looks at what its drain has touched, and at nothing else', async () => {
    const { touched } = await suite.world.apply(suite.mine([suite.price]));
    refresher.note(ONLY, { prices: ['price_team'] });
    await refresher.refresh(ONLY);
    expect(await open()).toEqual([]);
    refresher.note(ONLY, touched);
    await refresher.refresh(ONLY);
    expect(await open()).toEqual(['OPEN']);
  });

  it('looks at events that were given up although nothing else was touched', async () => {
    await suite.world.sql(
      `insert into sync_event (connection_id, id, type, object_type, object_id, stripe_created, servable, source, received_at, deliveries, last_received_at, result, attempts, settled_at)
       values ($1, $2, 'price.updated', 'PRICE', 'price_team', 1, false, 'WEBHOOK', now(), 1, now(), 'DEAD', 8, now())`,
      [ONLY, suite.own('evt_')],
    );
    await refresher.refresh(ONLY);
    expect(await suite.states('EVENT_DEAD', suite.own('evt_'))).toEqual([]);
    refresher.note(ONLY, {}, true);
    await refresher.refresh(ONLY);
    expect(await suite.states('EVENT_DEAD', suite.own('evt_'))).toEqual(['OPEN']);
  });

  it('finds what another one has left when it died, at its first sweep', async () => {
    await suite.world.apply(suite.mine([suite.price]));
    await sweep();
    expect(await open()).toEqual(['OPEN']);
  });

  it('sweeps up what is noted and not looked at yet', async () => {
    await sweep();
    const { touched } = await suite.world.apply({ subscriptions: [subscriptionOf(suite.sub, [suite.price])] });
    await sweep();
    expect(await open()).toEqual([]);
    refresher.note(ONLY, touched);
    await sweep();
    expect(await open()).toEqual(['OPEN']);
  });

  it('keeps in mind what it could not look at', async () => {
    await sweep();
    const { touched } = await suite.world.apply(suite.mine([suite.price]));
    refresher.note(ONLY, touched);
    await suite.world.sql(`alter table sync_issue rename to sync_issue_away`);
    await expect(refresher.refresh(ONLY)).rejects.toThrow('sync_issue');
    await suite.world.sql(`alter table sync_issue_away rename to sync_issue`);
    await refresher.refresh(ONLY);
    expect(await open()).toEqual(['OPEN']);
  });
});
