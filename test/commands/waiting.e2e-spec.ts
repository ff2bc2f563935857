import { PersonLinkService } from '@app/subscriptions';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { EntityManager, RequestContext } from '@mikro-orm/postgresql';

import { eventually } from '../import/kana.js';
import { MortalDelivery } from '../support/command-kills.js';
import { CommandPeople } from '../support/command-people.js';
import { CommandWorld } from '../support/command-world.js';

const PATIENCE_MS = 120_000;

let world: CommandWorld;
/** The last test stops the api. */
let isClosed = false;
const mortal = new MortalDelivery(() => Promise.resolve());

beforeAll(async () => {
  world = await CommandWorld.open();
}, PATIENCE_MS);
afterEach(async () => {
  if (!isClosed) {
    await turn('CONNECTED');
  }
});

const turn = (status: 'CONNECTED' | 'DISCONNECTED'): Promise<object[]> => world.sql(`update stripe_connection set status = $1`, [status]);

describe('a command that was taken just before its account was disconnected', () => {
  it('waits until it is connected again', async () => {
    const paid = await world.paid();
    await world.account.settled();
    await world.startWorker(mortal.plant);
    const id = await world.ask(paid, 'change-quantity', { quantity: 3 });
    await turn('DISCONNECTED');
    await mortal.attempt(world.connectionId);
    expect(await world.command(id)).toMatchObject({ state: 'QUEUED', attempts: 0, error: null });
    await turn('CONNECTED');
    await world.attempt(mortal);
    expect(await world.command(id)).toMatchObject({ state: 'APPLIED' });
  }, PATIENCE_MS);
});

describe('commands about one subscription, asked for before the first was sent', () => {
  it('change its package twice, though the first puts another record in the place of the one that both name', async () => {
    const paid = await world.paid();
    const first = await world.ask(paid, 'change-package', { packageId: 'starter' });
    const second = await world.ask(paid, 'change-package', { packageId: 'business', priceId: 'price_BusinessMonthUsd' });
    await world.attempt(mortal);
    expect(await world.command(first)).toMatchObject({ state: 'APPLIED' });
    await world.attempt(mortal);
    expect(await world.command(second)).toMatchObject({ state: 'APPLIED', error: null });
    expect(world.truth(paid.stripeId).items).toMatchObject([{ id: paid.itemId, price: { id: 'price_BusinessMonthUsd' } }]);
  }, PATIENCE_MS);
});

describe('a command that was previewed', () => {
  it('is not sent where somebody changes the subscription in Stripe before that, and is without the preview', async () => {
    const paid = await world.paid();
    const asked = { quantity: 4, proration: 'INVOICE_NOW' };
    const { body } = await world.call<{ preview: string }>('/v1/sync/commands/previews', { kind: 'CHANGE_QUANTITY', subscriptionId: paid.id, ...asked });
    const id = await world.ask(paid, 'change-quantity', { ...asked, preview: body.preview });
    world.sandbox.mutate.updateSubscription(paid.stripeId, { cancel_at_period_end: true });
    await world.account.settled();
    await world.attempt(mortal);
    expect([(await world.command(id)).error?.code, world.quantityOf(paid)]).toEqual(['preview_outdated', 1]);
    const again = await world.call(`/v1/sync/commands/${id}/retry`);
    await world.attempt(mortal);
    const { state, asked: plain } = await world.command(again.body.id);
    expect([state, Object.keys(plain).toSorted(), world.quantityOf(paid)]).toEqual(['APPLIED', ['proration', 'quantity', 'subscriptionId'], 4]);
  }, PATIENCE_MS);
});

describe('a customer that becomes somebody else’s while nobody knows whether it was told a name', () => {
  it('is not told it any more where it was not', async () => {
    const people = new CommandPeople(world);
    const person = await people.person();
    const id = await people.ask(person, { name: 'Of another' });
    world.sandbox.setFaults({ reset: 1, appliesFirst: 0, only: ['POST'] });
    await world.attempt(mortal);
    world.sandbox.setFaults({});
    expect(await world.command(id)).toMatchObject({ state: 'UNKNOWN' });
    const { app } = world.api;
    await RequestContext.create(app.get(EntityManager), () => app.get(PersonLinkService, { strict: false }).link(world.connectionId, person.customerId, { newUserId: 'somebody-else' }));
    await world.attempt(mortal);
    await world.attempt(mortal);
    expect(await world.command(id)).toMatchObject({ state: 'FAILED', error: { code: 'customer_elsewhere' } });
    expect(world.sandbox.truth().customers.find((customer) => customer.id === person.customerId)).toMatchObject({ name: null });
  }, PATIENCE_MS);
});

describe('a call that waits for Stripe when the api is stopped', () => {
  it('is answered with the command as it is, and holds nothing up', async () => {
    const [first] = await world.sql<{ id: string; stripeId: string; itemId: string }>(`select id, stripe_subscription_id as "stripeId", stripe_item_id as "itemId" from package_subscription where source = 'STRIPE' and ended_at is null and status = 'ACTIVE' order by id limit 1`);
    const answer = world.call(`/v1/subscriptions/${first?.id}/pause`, { behavior: 'VOID' }, { prefer: 'wait=30' });
    await eventually('the command', async () => (await world.sql(`select 1 from sync_command where kind = 'PAUSE'`))[0]);
    const stopped = performance.now();
    isClosed = true;
    await world.close();
    // Sooner than the caller would have waited; a busy machine may take its time.
    expect(performance.now() - stopped).toBeLessThan(25_000);
    const { status, headers, body } = await answer;
    expect([status, body.state, headers.get('location')]).toEqual([202, 'QUEUED', `/v1/sync/commands/${body.id}`]);
  }, PATIENCE_MS);
});
