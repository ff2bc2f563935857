import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startTestApi, type TestApi } from '../support/api.js';

interface Problem {
  code: string;
  detail: string;
  errors: { pointer?: string; detail: string }[];
}
interface PackageBody {
  id: string;
  name: string;
  status: string;
  isAddon: boolean;
  requiresBase: boolean;
  basePackageIds: string[];
  revision: number;
  features: { featureId: string; limit: number | null }[];
  prices: unknown[];
}
interface PageBody<Entry> {
  data: Entry[];
  hasMore: boolean;
  nextCursor: string | null;
}

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
  await api.post('/v1/features', { id: 'sso', name: 'Single sign-on', type: 'BINARY' });
  await api.post('/v1/features', { id: 'api/calls', name: 'API calls', type: 'CONSUMABLE', unitLabel: 'call', unitLabelPlural: 'calls' });
});
afterAll(() => api.close());

const monthly = (limit: number | null) => ({ featureId: 'api/calls', limit, resetPeriod: 'MONTH' });

describe('features', () => {
  it('come back as they were created, by an id that needs encoding', async () => {
    const { status, body } = await api.get(`/v1/features/${encodeURIComponent('api/calls')}`);
    expect(status).toBe(200);
    expect(body).toEqual({
      id: 'api/calls',
      name: 'API calls',
      type: 'CONSUMABLE',
      unitLabel: 'call',
      unitLabelPlural: 'calls',
      metadata: {},
      createdAt: '2026-03-01T12:00:00.000Z',
      updatedAt: '2026-03-01T12:00:00.000Z',
    });
  });

  it.each<[string, object, number, string]>([
    ['an id that is taken', { id: 'sso', name: 'x', type: 'BINARY' }, 409, 'feature_exists'],
    ['a unit label of a binary one', { id: 'x', name: 'x', type: 'BINARY', unitLabel: 'seat' }, 422, 'unit_label_invalid'],
    ['an unknown type', { id: 'x', name: 'x', type: 'METERED' }, 400, 'request_invalid'],
    ['an unknown member', { id: 'x', name: 'x', type: 'BINARY', limit: 1 }, 400, 'request_invalid'],
    ['an id with a space at its end', { id: 'x ', name: 'x', type: 'BINARY' }, 400, 'request_invalid'],
  ])('are refused with %s', async (_name, body, status, code) => {
    const answer = await api.post<Problem>('/v1/features', body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it('change in everything but their type', async () => {
    await api.post('/v1/features', { id: 'seats', name: 'Seats', type: 'CONSUMABLE', metadata: { a: '1' } });
    const changed = await api.patch('/v1/features/seats', { name: 'Places', unitLabel: 'place', metadata: { b: '2' }, type: 'CONSUMABLE' });
    expect(changed.body).toMatchObject({ name: 'Places', unitLabel: 'place', unitLabelPlural: null, metadata: { b: '2' } });
    const refused = await api.patch<Problem>('/v1/features/seats', { type: 'BINARY' });
    expect([refused.status, refused.body.code]).toEqual([409, 'feature_type_immutable']);
    expect((await api.patch('/v1/features/none', { name: 'x' })).status).toBe(404);
  });

  it('are listed in pages in the order of ids, and found by a part of id or name', async () => {
    await api.post('/v1/features', { id: 'z_1', name: '100% done', type: 'BINARY' });
    const first = await api.get<PageBody<{ id: string }>>('/v1/features?limit=2');
    expect(first.body.data.map(({ id }) => id)).toEqual(['api/calls', 'seats']);
    expect(first.body.hasMore).toBe(true);
    const second = await api.get<PageBody<{ id: string }>>(`/v1/features?limit=2&cursor=${first.body.nextCursor}`);
    expect(second.body).toMatchObject({ data: [{ id: 'sso' }, { id: 'z_1' }], hasMore: false, nextCursor: null });
    const ids = async (query: string) => (await api.get<PageBody<{ id: string }>>(`/v1/features?${query}`)).body.data.map(({ id }) => id);
    expect(await ids('q=SIGN')).toEqual(['sso']);
    expect(await ids('q=%25')).toEqual(['z_1']);
    expect(await ids('q=_')).toEqual(['z_1']);
    expect(await ids('type=CONSUMABLE')).toEqual(['api/calls', 'seats']);
    expect((await api.get<Problem>('/v1/features?cursor=xyz')).body.code).toBe('cursor_invalid');
  });
});

describe('packages', () => {
  it('go from draft to published to archived', async () => {
    const created = await api.post<PackageBody>('/v1/packages', { id: 'life', name: 'Life', features: [{ featureId: 'sso' }, monthly(10)] });
    expect(created.status).toBe(201);
    expect(created.headers.get('etag')).toBe('"1"');
    expect(created.body).toMatchObject({ status: 'DRAFT', isAddon: false, requiresBase: false, limitsAdd: false, prices: [] });
    expect(created.body.features).toEqual([
      { featureId: 'sso', name: null, limit: null, resetPeriod: null, overageEnabled: false, scalesWithQuantity: false },
      { featureId: 'api/calls', name: null, limit: 10, resetPeriod: 'MONTH', overageEnabled: false, scalesWithQuantity: false },
    ]);
    const early = await api.post<Problem>('/v1/packages/life/archive');
    expect([early.status, early.body.code]).toEqual([409, 'package_not_published']);

    const published = await api.post<PackageBody>('/v1/packages/life/publish');
    expect(published.body).toMatchObject({ status: 'PUBLISHED', revision: 2, publishedAt: '2026-03-01T12:00:00.000Z' });
    expect((await api.post('/v1/packages/life/publish')).body).toEqual(published.body);
    const deleted = await api.delete<Problem>('/v1/packages/life');
    expect([deleted.status, deleted.body.code]).toEqual([409, 'package_not_draft']);

    expect((await api.post('/v1/packages/life/archive')).body).toMatchObject({ status: 'ARCHIVED', archivedAt: '2026-03-01T12:00:00.000Z' });
    const again = await api.post<Problem>('/v1/packages/life/publish');
    expect([again.status, again.body.code]).toEqual([409, 'package_archived']);
  });

  it('are frozen once published, name and metadata aside', async () => {
    await api.post('/v1/packages', { id: 'ice', name: 'Ice', features: [monthly(1)] });
    await api.post('/v1/packages/ice/publish');
    const frozen = await api.patch<Problem>('/v1/packages/ice', { name: 'New', features: [monthly(2)], limitsAdd: true });
    expect([frozen.status, frozen.body.code]).toEqual([409, 'package_frozen']);
    expect(frozen.body.errors.map(({ pointer }) => pointer)).toEqual(['/limitsAdd', '/features']);
    const renamed = await api.patch('/v1/packages/ice', { name: 'Icy', metadata: { tier: '1' } });
    expect(renamed.body).toMatchObject({ name: 'Icy', metadata: { tier: '1' }, features: [{ limit: 1 }], revision: 3 });
  });

  it('take the whole list of features as drafts, and keep what is left out', async () => {
    await api.post('/v1/packages', { id: 'edit', name: 'Edit', features: [monthly(1), { featureId: 'sso' }] });
    const replaced = await api.patch<PackageBody>('/v1/packages/edit', { features: [{ featureId: 'sso' }, monthly(null)] });
    expect(replaced.body.features.map(({ featureId, limit }) => [featureId, limit])).toEqual([['sso', null], ['api/calls', null]]);
    const kept = await api.patch<PackageBody>('/v1/packages/edit', { name: 'Edited', isAddon: true });
    expect(kept.body).toMatchObject({ name: 'Edited', isAddon: true, requiresBase: true, features: [{ featureId: 'sso' }, { featureId: 'api/calls' }] });
    expect((await api.patch<PackageBody>('/v1/packages/edit', { features: [] })).body.features).toEqual([]);
  });

  it('are not overwritten by someone who saw an older revision', async () => {
    await api.post('/v1/packages', { id: 'tag', name: 'Tag' });
    const patch = (ifMatch: string) =>
      fetch(`${api.url}/v1/packages/tag`, {
        method: 'PATCH',
        headers: { authorization: `Bearer ${api.adminKey}`, 'content-type': 'application/json', 'if-match': ifMatch },
        body: JSON.stringify({ name: 'Changed' }),
      });
    expect([(await patch('"1"')).status, (await patch('"1"')).status, (await patch('"2"')).status]).toEqual([200, 412, 200]);
    expect([(await patch('*')).status, (await patch('nonsense')).status]).toEqual([200, 400]);
  });

  it.each<[string, object, string, string]>([
    ['an unknown feature', { features: [{ featureId: 'none' }] }, 'feature_not_found', '/features/0/featureId'],
    ['a feature twice', { features: [{ featureId: 'sso' }, { featureId: 'sso' }] }, 'feature_duplicate', '/features/1/featureId'],
    ['a limit on a binary feature', { features: [{ featureId: 'sso', limit: 5 }] }, 'limit_on_binary', '/features/0/limit'],
    ['a forgotten limit', { features: [{ featureId: 'api/calls' }] }, 'limit_required', '/features/0/limit'],
    ['base packages of a base package', { basePackageIds: ['base'] }, 'base_package_invalid', '/basePackageIds'],
    ['an unknown base package', { isAddon: true, basePackageIds: ['none'] }, 'base_package_invalid', '/basePackageIds/0'],
  ])('are refused with %s', async (_name, difference, code, pointer) => {
    const { status, body } = await api.post<Problem>('/v1/packages', { id: 'refused', name: 'x', ...difference });
    expect([status, body.code, body.errors[0]?.pointer]).toEqual([422, code, pointer]);
    expect((await api.get('/v1/packages/refused')).status).toBe(404);
  });

  it('need a feature to be published', async () => {
    await api.post('/v1/packages', { id: 'empty', name: 'Empty' });
    const answer = await api.post<Problem>('/v1/packages/empty/publish');
    expect([answer.status, answer.body.code]).toEqual([422, 'package_empty']);
  });

  it('keep their base package from being deleted or becoming an add-on', async () => {
    await api.post('/v1/packages', { id: 'base', name: 'Base' });
    const addon = await api.post('/v1/packages', { id: 'addon', name: 'Add-on', isAddon: true, basePackageIds: ['base'], requiresBase: false });
    expect(addon.body).toMatchObject({ requiresBase: false, basePackageIds: ['base'] });
    expect((await api.delete<Problem>('/v1/packages/base')).body.code).toBe('package_in_use');
    expect((await api.patch<Problem>('/v1/packages/base', { isAddon: true })).body.code).toBe('package_in_use');
    const itself = await api.patch<Problem>('/v1/packages/addon', { basePackageIds: ['addon'] });
    expect([itself.status, itself.body.code]).toEqual([422, 'base_package_invalid']);
    expect((await api.delete('/v1/packages/addon')).status).toBe(204);
    expect((await api.delete('/v1/packages/base')).status).toBe(204);
    expect((await api.get('/v1/packages/base')).status).toBe(404);
  });

  it('are duplicated into a draft with another id', async () => {
    await api.post('/v1/packages', { id: 'one', name: 'One', features: [monthly(7)], metadata: { a: 'b' } });
    await api.post('/v1/packages/one/publish');
    const copy = await api.post('/v1/packages/one/duplicate', { id: 'two' });
    expect(copy.status).toBe(201);
    expect(copy.body).toMatchObject({ id: 'two', name: 'One', status: 'DRAFT', revision: 1, features: [{ limit: 7 }], metadata: { a: 'b' }, publishedAt: null });
    expect((await api.post<Problem>('/v1/packages/one/duplicate', { id: 'two' })).body.code).toBe('package_exists');
    expect((await api.post<Problem>('/v1/packages/none/duplicate', { id: 'x' })).body.code).toBe('package_not_found');
  });

  it('that add limits are published only beside packages of the same reset period', async () => {
    const daily = { featureId: 'quota', limit: 5, resetPeriod: 'DAY' };
    await api.post('/v1/features', { id: 'quota', name: 'Quota', type: 'CONSUMABLE' });
    await api.post('/v1/packages', { id: 'plain', name: 'Plain', features: [{ ...daily, resetPeriod: 'MONTH' }] });
    await api.post('/v1/packages', { id: 'adding', name: 'Adding', isAddon: true, limitsAdd: true, features: [daily] });
    await api.post('/v1/packages/plain/publish');
    const refused = await api.post<Problem>('/v1/packages/adding/publish');
    expect([refused.status, refused.body.code]).toEqual([422, 'reset_period_mismatch']);
    expect(refused.body.detail).toContain('"plain"');
    await api.patch('/v1/packages/adding', { features: [{ ...daily, resetPeriod: 'MONTH' }] });
    expect((await api.post('/v1/packages/adding/publish')).status).toBe(200);
    await api.post('/v1/packages', { id: 'late', name: 'Late', features: [daily] });
    expect((await api.post<Problem>('/v1/packages/late/publish')).body.detail).toContain('"adding"');
  });

  it('are listed by status, kind and part of the name', async () => {
    const ids = async (query: string) => (await api.get<PageBody<{ id: string }>>(`/v1/packages?limit=100&${query}`)).body.data.map(({ id }) => id);
    expect(await ids('status=ARCHIVED')).toEqual(['life']);
    expect(await ids('isAddon=true&status=PUBLISHED')).toEqual(['adding']);
    expect(await ids('q=ICY')).toEqual(['ice']);
    const page = await api.get<PageBody<{ id: string }>>('/v1/packages?limit=1&status=DRAFT');
    const next = await api.get<PageBody<{ id: string }>>(`/v1/packages?limit=1&status=DRAFT&cursor=${page.body.nextCursor}`);
    expect([...page.body.data, ...next.body.data].map(({ id }) => id)).toEqual((await ids('status=DRAFT')).slice(0, 2));
  });
});
