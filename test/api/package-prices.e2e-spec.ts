import { randomUUID } from 'node:crypto';

import { Doorbell, sqlRows, sqlWrite } from '@app/common';
import { PriceCommandService } from '@app/subscriptions';
import { CommandLedger, CommandQueries } from '@app/sync';
import { EntityManager } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';

import { LeftWork } from '../../apps/worker/src/sweeps/left-work.js';
import { eventually, ok } from '../import/kana.js';
import { type Command, CommandWorld } from '../support/command-world.js';

const PATIENCE_MS = 120_000;
const WAIT = { prefer: 'wait=20' };
const MONTHLY = { amount: 2500, currency: 'usd', interval: 'MONTH' };
const ALL_RIGHTS = 'rk_test_all_rights_1';

interface Price {
  id: string;
  product: { id: string; name: string };
  amount: { amount: number; currency: string };
  interval: string;
  intervalCount: number;
}
interface Problem {
  code: string;
  detail: string;
  errors: { pointer: string; detail: string }[];
}
interface Item {
  id: string;
  parkedReason: string | null;
}

let world: CommandWorld;
let made = 0;
let packageId = '';

beforeAll(async () => {
  world = await CommandWorld.open();
}, PATIENCE_MS);
afterAll(() => world.close());
beforeEach(async () => {
  packageId = await newPackage();
});

/** A draft. */
async function newPackage(): Promise<string> {
  made += 1;
  const { id } = await ok(world.api.post<{ id: string }>('/v1/packages', { id: `pro-${made}`, name: `Pro ${made}`, features: [{ featureId: 'sso' }] }));
  return id;
}

const publish = () => ok(world.api.post(`/v1/packages/${packageId}/publish`));
const ask = <Body = Price>(body: object, headers: Readonly<Record<string, string>> = WAIT, id = packageId) => world.call<Body>(`/v1/packages/${encodeURIComponent(id)}/prices`, body, headers);
const pricesOf = async (id = packageId): Promise<Price[]> => (await world.api.get<{ prices: Price[] }>(`/v1/packages/${id}`)).body.prices;
const refusal = async (body: object, id = packageId): Promise<[number, string, ...string[]]> => {
  const answer = await ask<Problem>(body, WAIT, id);
  return [answer.status, answer.body.code, ...(answer.body.errors ?? []).map(({ pointer }) => pointer)];
};
/** Of the sandbox's own store. */
const stripePrice = (id: string) => world.sandbox.truth().prices.find(({ price }) => price.id === id)?.price;
const madeBy = (commandId: string) => world.sandbox.truth().prices.filter(({ price }) => price.metadata['kana_command'] === commandId).map(({ price }) => price.id);
const ring = () => world.api.app.get(Doorbell, { strict: false }).ring('commands', { connectionId: world.connectionId });

/** Plants that what nobody knows the end of is not looked for until somebody says so. */
function leaveInDoubt(worker: INestApplicationContext): void {
  const ledger = worker.get(CommandLedger, { strict: false });
  const doubt = ledger.doubt.bind(ledger);
  ledger.doubt = async (em, command, error) => {
    const isWritten = await doubt(em, command, error);
    await sqlWrite(em, `update sync_command set next_attempt_at = now() + interval '1 hour' where id = $1`, [command.id]);
    return isWritten;
  };
}

describe('a price that a package is to have', () => {
  it('is made in Stripe with a product named like the package, and is the package’s at once', async () => {
    const answer = await ask({ ...MONTHLY, nickname: 'monthly' });
    expect([answer.status, answer.headers.get('preference-applied'), await pricesOf()]).toEqual([201, 'wait=20', [answer.body]]);
    expect(answer.body).toMatchObject({ provider: 'STRIPE', product: { name: `Pro ${made}` }, nickname: 'monthly', amount: { amount: 2500, currency: 'usd' }, displayAmount: '25.00 USD', interval: 'month', intervalCount: 1, active: true });
    const { id, product } = answer.body;
    expect(stripePrice(id)).toMatchObject({ product: product.id, unit_amount: 2500, metadata: { kana_package_id: packageId } });
    expect(world.sandbox.truth().products.find((each) => each.id === product.id)).toMatchObject({ name: `Pro ${made}`, metadata: { kana_package_id: packageId } });
    const shown = await world.api.get(`/v1/stripe/prices/${id}`);
    expect(shown.body).toMatchObject({ state: 'MAPPED', mapping: { packageId, mappedBy: 'COMMAND', revision: 1 } });
  });

  it('is of the same product as the one before, also where both are asked for at once', async () => {
    const terms = [MONTHLY, { amount: 25_000, currency: 'EUR', interval: 'YEAR' }, { amount: 6000, currency: 'usd', interval: 'MONTH', intervalCount: 3 }];
    const answers = await Promise.all(terms.map((each) => ask(each)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    const prices = await pricesOf();
    expect(new Set(prices.map(({ product }) => product.id)).size).toBe(1);
    expect(prices.map(({ amount, interval, intervalCount }) => [amount.amount, amount.currency, intervalCount, interval].join(' ')).toSorted()).toEqual(['2500 usd 1 month', '25000 eur 1 year', '6000 usd 3 month']);
    expect((await ask(MONTHLY, WAIT, 'team')).body.product).toEqual({ id: 'prod_AcmeTeam', name: 'Team' });
  });

  it('is decided after the one that is being decided: so none leaves before another that was asked for before it', async () => {
    const [prices, queries] = [world.api.app.get(PriceCommandService, { strict: false }), world.api.app.get(CommandQueries, { strict: false })];
    const asked = { packageId, amount: 2500, currency: 'usd', interval: 'MONTH', intervalCount: 1, nickname: null, productId: null } as const;
    const like = await queries.get((await ask<Command>(MONTHLY, {})).body.id);
    await world.ended(like.id);
    const em = world.api.app.get(EntityManager).fork();
    let later: Promise<unknown> | undefined;
    const outcome = await em.transactional(async (held) => {
      await prices.askAgain(held, { ...like, asked }, { askedBy: 'somebody' });
      later = prices.ask(world.connectionId, asked, 'somebody');
      const waits = eventually('the other one to wait', async () => {
        const waiting = await sqlRows(em.fork(), `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%from package %'`);
        return waiting.length > 0 ? 'waits' : undefined;
      });
      return Promise.race([waits, later.then(() => 'is decided')]);
    });
    await later;
    expect(outcome).toBe('waits');
  });

  it('is of the product that is named', async () => {
    expect((await ask({ ...MONTHLY, productId: 'prod_AcmeStarter' })).body.product.id).toBe('prod_AcmeStarter');
    expect((await ask({ ...MONTHLY, productId: 'prod_AcmeSso' })).body.product.id).toBe('prod_AcmeSso');
    const ambiguous = await ask<Problem>(MONTHLY);
    expect([ambiguous.status, ambiguous.body]).toMatchObject([422, { code: 'product_ambiguous', errors: [{ pointer: '/productId', detail: 'prod_AcmeSso' }, { pointer: '/productId', detail: 'prod_AcmeStarter' }] }]);
  });

  it('gives the package to whoever subscribes to it in Stripe', async () => {
    await publish();
    const { body } = await ask(MONTHLY);
    const paid = await world.paid([body.id]);
    expect((await world.api.get(`/v1/subscriptions/${paid.id}`)).body).toMatchObject({ packageId, status: 'ACTIVE', givesAccess: true, stripe: { priceId: body.id } });
  });

  it('may be a draft’s: who subscribes to it waits until that is published', async () => {
    const { body } = await ask(MONTHLY);
    const { id: customer } = world.sandbox.mutate.createCustomer({ email: `draft.${made}@live.example` });
    const { id } = world.sandbox.mutate.createSubscription({ customer, items: [{ price: body.id }] });
    await world.account.settled();
    expect(await world.sql(`select parked_reason as "parkedReason" from stripe_subscription_item where subscription_id = $1`, [id])).toEqual([{ parkedReason: 'PACKAGE_NOT_PUBLISHED' }]);
    await publish();
    expect(await world.sql(`select package_id as "packageId" from package_subscription where stripe_subscription_id = $1`, [id])).toEqual([{ packageId }]);
  });

  it('is a command until then, which Stripe’s own event confirms', async () => {
    const answer = await ask<Command>({ ...MONTHLY, nickname: 'monthly' }, {});
    expect([answer.status, answer.headers.get('location')]).toEqual([202, `/v1/sync/commands/${answer.body.id}`]);
    const asked = { packageId, ...MONTHLY, intervalCount: 1, nickname: 'monthly', productId: null };
    expect(answer.body).toMatchObject({ kind: 'CREATE_PRICE', asked, object: null, userId: null });
    const listed = await world.api.get<{ data: { id: string }[] }>(`/v1/sync/commands?packageId=${encodeURIComponent(packageId)}`);
    const others = await world.api.get<{ data: unknown[] }>('/v1/sync/commands?packageId=another');
    expect([listed.body.data.map(({ id }) => id), others.body.data]).toEqual([[answer.body.id], []]);
    const ended = await world.ended(answer.body.id);
    expect(ended).toMatchObject({ state: 'APPLIED', result: { type: 'PRICE', id: madeBy(answer.body.id)[0] } });
    await eventually('Stripe’s event', async () => (await world.command(answer.body.id)).confirmedAt ?? undefined);
  });

  it('is one for one Idempotency-Key', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const [first, second] = [await ask<Command>(MONTHLY, headers), await ask<Command>(MONTHLY, headers)];
    expect([first.status, second.status, second.body.id]).toEqual([202, 202, first.body.id]);
    await world.ended(first.body.id);
    expect(await pricesOf()).toHaveLength(1);
  });

  it('converts whoever has subscribed to it before Kana knew that it is the package’s', async () => {
    await publish();
    await world.startWorker((worker) => {
      // The sweep would find it, too, later.
      worker.get(LeftWork, { strict: false }).ringForConversions = () => Promise.resolve();
      leaveInDoubt(worker);
    });
    world.sandbox.setFaults({ reset: 1, appliesFirst: 1, only: ['POST'] });
    const { body } = await ask<Command>(MONTHLY, {});
    await eventually('the lost answer', async () => ((await world.command(body.id)).state === 'UNKNOWN' ? true : undefined));
    world.sandbox.setFaults({});
    const [priceId = ''] = madeBy(body.id);
    const { id: customer } = world.sandbox.mutate.createCustomer({ email: `early.${made}@live.example` });
    const { id: stripeId } = world.sandbox.mutate.createSubscription({ customer, items: [{ price: priceId }] });
    await world.account.settled();
    const items = () => world.sql<Item>(`select id, parked_reason as "parkedReason" from stripe_subscription_item where subscription_id = $1`, [stripeId]);
    expect(await items()).toMatchObject([{ parkedReason: 'PRICE_UNMAPPED' }]);
    await world.sql(`update sync_command set next_attempt_at = now() where id = $1`, [body.id]);
    await ring();
    expect(await world.ended(body.id)).toMatchObject({ state: 'APPLIED', result: { id: priceId } });
    await eventually('the conversion', async () => ((await items())[0]?.parkedReason === null ? true : undefined));
    expect(await world.sql(`select package_id as "packageId" from package_subscription where stripe_subscription_id = $1`, [stripeId])).toEqual([{ packageId }]);
    expect(madeBy(body.id)).toEqual([priceId]);
  });
});

describe('no price is asked for', () => {
  it('without an Idempotency-Key, or in words that are none', async () => {
    const bare = await world.api.post<Problem>(`/v1/packages/${packageId}/prices`, MONTHLY);
    expect([bare.status, bare.body.code]).toEqual([400, 'idempotency_key_required']);
    for (const wrong of [{ amount: -1 }, { amount: 1.5 }, { currency: 'dollars' }, { interval: 'MONTHS' }, { intervalCount: 0 }, { nickname: ' ' }, { nickname: null }, { surprise: 1 }]) {
      expect([wrong, await refusal({ ...MONTHLY, ...wrong })]).toEqual([wrong, [400, 'request_invalid', expect.any(String)]]);
    }
  });

  it('in terms that Stripe does not know, or of what is not there', async () => {
    expect(await refusal(MONTHLY, 'nothing')).toEqual([404, 'package_not_found']);
    expect(await refusal({ ...MONTHLY, connectionId: 'conn_none' })).toEqual([404, 'connection_not_found']);
    expect(await refusal({ ...MONTHLY, currency: 'xxx' })).toEqual([422, 'currency_unknown', '/currency']);
    expect(await refusal({ ...MONTHLY, currency: 'KWD', amount: 5124 })).toEqual([422, 'amount_not_payable', '/amount']);
    expect(await refusal({ ...MONTHLY, intervalCount: 37 })).toEqual([422, 'interval_too_long', '/intervalCount']);
    expect(await refusal({ ...MONTHLY, productId: 'prod_none' })).toEqual([422, 'product_not_found', '/productId']);
    const product = world.sandbox.mutate.createProduct({ name: 'Gone' });
    await world.account.settled();
    world.sandbox.mutate.deleteProduct(product.id);
    await world.account.settled();
    expect(await refusal({ ...MONTHLY, productId: product.id })).toEqual([422, 'product_deleted', '/productId']);
    await publish();
    await ok(world.api.post(`/v1/packages/${packageId}/archive`));
    expect(await refusal(MONTHLY)).toEqual([422, 'package_archived']);
    expect(await pricesOf()).toEqual([]);
  });

  it('that a mapping rule would map to another package', async () => {
    const rule = await ok(world.api.post<{ id: string }>('/v1/stripe/mapping-rules', { productId: 'prod_AcmeBusiness', packageId: 'business' }));
    expect(await refusal({ ...MONTHLY, productId: 'prod_AcmeBusiness' })).toEqual([409, 'product_ruled', '/productId']);
    const own = await ask(MONTHLY, WAIT, 'business');
    expect((await world.api.get(`/v1/stripe/prices/${own.body.id}`)).body).toMatchObject({ mapping: { packageId: 'business', mappedBy: 'RULE' } });
    await ok(world.api.delete(`/v1/stripe/mapping-rules/${rule.id}`));
    expect((await ask({ ...MONTHLY, productId: 'prod_AcmeBusiness' })).status).toBe(201);
  });
});

describe('a price that Stripe does not make', () => {
  const openIssues = async (): Promise<{ id: string; subject: { id: string } }[]> => (await world.api.get<{ data: { id: string; subject: { id: string } }[] }>('/v1/sync/issues?kind=COMMAND_FAILED&status=OPEN')).body.data;
  const takeKey = (apiKey: string) => ok(world.api.post(`/v1/stripe/connections/${world.connectionId}/rotate-key`, { apiKey }));

  it('as the key may not, is told in clear words, and made when it is tried again', async () => {
    await takeKey('rk_test_no_prices_write_1');
    const refused = await ask<Problem>(MONTHLY);
    const id = refused.headers.get('location')?.split('/').at(-1) ?? '';
    expect([refused.status, refused.body.code, refused.body.detail]).toEqual([409, 'stripe_refused', expect.stringMatching(/The Stripe key lacks a right.*Give it Prices: Write and Products: Write/)]);
    expect(await world.command(id)).toMatchObject({ state: 'FAILED', error: { code: 'stripe_right_missing', status: 403 } });
    expect([madeBy(id), await pricesOf()]).toEqual([[], []]);
    await world.refreshIssues();
    const issue = (await openIssues()).find(({ subject }) => subject.id === id);
    await takeKey(ALL_RIGHTS);
    // One that is paid otherwise is not this one, corrected.
    await ask({ ...MONTHLY, interval: 'YEAR' });
    await world.refreshIssues();
    expect((await openIssues()).map(({ subject }) => subject.id)).toEqual([id]);
    await ok(world.api.post(`/v1/sync/issues/${issue?.id}/fixes/retry`, {}));
    const { retriedBy } = await world.command(id);
    expect(await world.ended(retriedBy ?? '')).toMatchObject({ state: 'APPLIED', retries: id });
    expect((await pricesOf()).map(({ interval }) => interval).toSorted()).toEqual(['month', 'year']);
    await world.refreshIssues();
    expect(await openIssues()).toEqual([]);
  });

  it('has no issue any more once it was made in other words', async () => {
    await takeKey('rk_test_no_prices_write_1');
    await ask(MONTHLY);
    await takeKey(ALL_RIGHTS);
    await world.refreshIssues();
    expect(await openIssues()).toHaveLength(1);
    await ask({ ...MONTHLY, amount: 2600 });
    await world.refreshIssues();
    expect(await openIssues()).toEqual([]);
  });

  it('is not asked for while the account is disconnected', async () => {
    await ok(world.api.delete(`/v1/stripe/connections/${world.connectionId}`));
    expect(await refusal(MONTHLY)).toEqual([409, 'connection_disconnected']);
  });
});
