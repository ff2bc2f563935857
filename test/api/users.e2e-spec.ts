import { sqlWrite } from '@app/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CustomerApplier } from '@app/customers';
import { EntityManager } from '@mikro-orm/postgresql';

import { startTestApi, type TestApi } from '../support/api.js';
import { customer } from '../support/match-directory.js';

interface User {
  id: string;
  [field: string]: unknown;
}
interface Page {
  data: User[];
  hasMore: boolean;
  nextCursor: string | null;
}
interface Problem {
  code: string;
  detail: string;
  errors: { pointer?: string }[];
}

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const path = (id: string, rest = ''): string => `/v1/users/${encodeURIComponent(id)}${rest}`;

describe('creating a user', () => {
  it('keeps what is given as the company\'s own', async () => {
    const input = { id: 'Ann/1 @home', name: 'Ann', email: ' Ann@Create.com ', billingId: 'cus_create', metadata: { team: 'growth' } };
    const { status, body } = await api.post<User>('/v1/users', input);
    expect(status).toBe(201);
    expect(body).toEqual({
      id: 'Ann/1 @home',
      aliases: [],
      name: 'Ann',
      email: 'Ann@Create.com',
      emailVerified: false,
      billingId: 'cus_create',
      sources: { name: 'COMPANY', email: 'COMPANY', billingId: 'COMPANY' },
      idSource: 'PROVIDED',
      metadata: { team: 'growth' },
      createdAt: '2026-03-01T12:00:00.000Z',
      updatedAt: '2026-03-01T12:00:00.000Z',
    });
    expect((await api.get(path('Ann/1 @home'))).body).toEqual(body);
  });

  it('needs nothing but an id', async () => {
    const { body } = await api.post<User>('/v1/users', { id: 'bare' });
    expect(body).toMatchObject({ name: null, email: null, billingId: null, sources: { name: null, email: null, billingId: null }, metadata: {} });
  });

  it('refuses an id that a user has', async () => {
    const { status, body } = await api.post<Problem>('/v1/users', { id: 'bare' });
    expect([status, body.code]).toEqual([409, 'user_exists']);
  });

  it('refuses an id that is the alias of a user', async () => {
    await applied([customer('cus_alias', { email: 'Alias@X.com' })]);
    const { status, body } = await api.post<Problem>('/v1/users', { id: 'Alias@X.com' });
    expect([status, body.code]).toEqual([409, 'user_exists']);
    expect(body.detail).toContain('alias@x.com');
  });

  it.each([
    ['the billingId of another user', 'cus_create'],
    ['a customer that is linked to another user', 'cus_second'],
  ])('refuses %s', async (_what, billingId) => {
    await applied([customer('cus_second', { email: 'ann@create.com' })]);
    const { status, body } = await api.post<Problem>('/v1/users', { id: `thief-${billingId}`, billingId });
    expect([status, body.code]).toEqual([409, 'billing_id_taken']);
    expect((await api.get(path(`thief-${billingId}`))).status).toBe(404);
  });

  it('lets one of two that come at once have the id', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => api.post('/v1/users', { id: 'raced', billingId: 'cus_raced' })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409, 409, 409]);
  });

  it('lets one of two that come at once have the billingId', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, (_, index) => api.post('/v1/users', { id: `racer-${index}`, billingId: 'cus_race' })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409, 409, 409]);
  });

  it.each([
    ['an id with spaces at the edges', { id: ' x' }, '/id'],
    ['an id of dots', { id: '..' }, '/id'],
    ['an email of blanks', { id: 'x', email: '  ' }, '/email'],
    ['an unknown field', { id: 'x', emial: 'x@x.com' }, undefined],
    ['a billingId that is no Stripe id', { id: 'x', billingId: 'cus\n1' }, '/billingId'],
  ])('refuses %s', async (_what, input, pointer) => {
    const { status, body } = await api.post<Problem>('/v1/users', input);
    expect([status, body.code]).toEqual([400, 'request_invalid']);
    expect(pointer === undefined || body.errors.some((error) => error.pointer === pointer)).toBe(true);
  });
});

describe('editing a user', () => {
  it('makes what is given the company\'s, empties what is null, leaves the rest', async () => {
    await applied([customer('cus_edit', { email: 'edit@x.com', name: 'Stripe Name' })]);
    const { status, body } = await api.patch<User>(path('edit@x.com'), { name: 'Own Name', email: null, metadata: { a: 'b' } });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: 'edit@x.com',
      name: 'Own Name',
      email: null,
      billingId: 'cus_edit',
      sources: { name: 'COMPANY', email: null, billingId: 'STRIPE' },
      metadata: { a: 'b' },
    });
  });

  it('takes a new email for unverified', async () => {
    await api.post('/v1/users', { id: 'verified', email: 'v@x.com', emailVerified: true });
    expect((await api.patch<User>(path('verified'), { name: 'V' })).body).toMatchObject({ emailVerified: true });
    expect((await api.patch<User>(path('verified'), { email: 'w@x.com' })).body).toMatchObject({ emailVerified: false });
    expect((await api.patch<User>(path('verified'), { email: 'v@x.com', emailVerified: true })).body).toMatchObject({ emailVerified: true });
  });

  it('refuses the billingId of another user, and keeps its own', async () => {
    await api.post('/v1/users', { id: 'owner', billingId: 'cus_owner' });
    expect((await api.patch<Problem>(path('bare'), { billingId: 'cus_owner' })).body).toMatchObject({ status: 409, code: 'billing_id_taken' });
    expect((await api.patch(path('owner'), { billingId: 'cus_owner' })).status).toBe(200);
  });

  it('knows no user of that name', async () => {
    expect((await api.patch<Problem>(path('nobody'), { name: 'N' })).body).toMatchObject({ status: 404, code: 'user_not_found' });
  });

  it('makes the company\'s email count in matching', async () => {
    await api.post('/v1/users', { id: 'moved', email: 'old@x.com' });
    await api.patch(path('moved'), { email: 'New@X.com' });
    await applied([customer('cus_moved', { email: 'new@x.com' })]);
    expect((await api.get<Page>(path('moved', '/links'))).body.data).toMatchObject([{ customerId: 'cus_moved', matchedBy: 'EMAIL' }]);
  });
});

describe('showing users', () => {
  it('finds a user by an alias', async () => {
    await applied([customer('cus_shown', { email: 'Shown@X.com' })]);
    expect((await api.get<User>(path('Shown@X.com'))).body).toMatchObject({ id: 'shown@x.com', aliases: ['Shown@X.com'], idSource: 'STRIPE_EMAIL' });
  });

  it('answers 404 for a user that is not there', async () => {
    expect((await api.get<Problem>(path('nobody'))).body).toMatchObject({ status: 404, code: 'user_not_found' });
    expect((await api.get<Problem>(path('nobody', '/links'))).body).toMatchObject({ status: 404, code: 'user_not_found' });
  });

  it.each([
    ['id', 'SEEK-'],
    ['email', 'Sought@'],
    ['name', 'seeker z'],
    ['billingId', 'cus_sought'],
  ])('finds users by %s', async (_field, q) => {
    await api.post('/v1/users', { id: 'seek-1', email: 'sought@x.com', name: 'Seeker Zed', billingId: 'cus_sought' });
    const { body } = await api.get<Page>(`/v1/users?q=${encodeURIComponent(q)}`);
    expect(body.data.map(({ id }) => id)).toEqual(['seek-1']);
  });

  it('takes what is asked literally', async () => {
    expect((await api.get<Page>('/v1/users?q=%25')).body.data).toEqual([]);
    expect((await api.get<Page>('/v1/users?q=cus_soug')).body.data).toEqual([]);
  });

  it('pages through all users once, in the order of creation', async () => {
    const all = (await api.get<Page>('/v1/users?limit=100')).body.data.map(({ id }) => id);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const after: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { body } = await api.get<Page>(`/v1/users?limit=3${after}`);
      seen.push(...body.data.map(({ id }) => id));
      cursor = body.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(all);
    expect(seen.length).toBeGreaterThan(6);
  });

  it('refuses a cursor that it did not give', async () => {
    expect((await api.get<Problem>('/v1/users?cursor=abc')).body).toMatchObject({ status: 400, code: 'cursor_invalid' });
  });

  it('lists the customers of a user, page by page, with the primary one marked', async () => {
    await applied(['b', 'a', 'c'].map((letter) => customer(`cus_many_${letter}`, { email: 'many@x.com', name: letter })));
    const { body } = await api.get<Page>(path('many@x.com', '/links?limit=2'));
    expect(body.data).toEqual([
      { connectionId: 'conn_users', customerId: 'cus_many_a', matchedBy: 'CREATED', matchedValue: 'many@x.com', matchedAt: '2026-03-01T12:00:00.000Z', primary: true, email: 'many@x.com', name: 'a', deleted: false, differs: [], conflict: null },
      { connectionId: 'conn_users', customerId: 'cus_many_b', matchedBy: 'EMAIL', matchedValue: 'many@x.com', matchedAt: '2026-03-01T12:00:00.000Z', primary: false, email: 'many@x.com', name: 'b', deleted: false, differs: ['name'], conflict: null },
    ]);
    const rest = await api.get<Page>(path('many@x.com', `/links?limit=2&cursor=${body.nextCursor}`));
    expect(rest.body.data.map(({ customerId }) => customerId)).toEqual(['cus_many_c']);
    expect(rest.body.hasMore).toBe(false);
  });
});

/** As an import would. */
async function applied(customers: ReturnType<typeof customer>[]): Promise<void> {
  await api.app.get(EntityManager).fork().transactional(async (em) => {
    await sqlWrite(
      em,
      `insert into stripe_connection (id, account_id, mode, status, api_key_hint, permissions, settings, created_at, updated_at)
       values ('conn_users', 'acct_users', 'TEST', 'CONNECTED', 'sk_test_…1234', '[]', '{}', now(), now()) on conflict do nothing`,
    );
    const page = { connectionId: 'conn_users', emailMatch: 'AUTO' as const, customers, at: api.clock.now() };
    await api.app.get(CustomerApplier, { strict: false }).apply(em, page);
  });
}
