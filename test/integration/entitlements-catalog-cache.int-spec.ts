import { CatalogCache, FeatureService, PackageLifecycleService, PackageService } from '@app/catalog';
import { ormConfig } from '@app/database';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { MikroORM } from '@mikro-orm/postgresql';
import pg from 'pg';

import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { TestClock } from '../support/test-clock.js';

const clock = new TestClock();
let database: TestDatabase;
let orm: MikroORM;
let cache: CatalogCache;
let features: FeatureService;

beforeAll(async () => {
  database = await createTestDatabase();
  orm = await MikroORM.init(ormConfig(database.url));
  features = new FeatureService(orm.em, clock);
  await features.create({ id: 'calls', name: 'Calls', type: 'CONSUMABLE' });
  await publish('gold', 10);
});
beforeEach(() => {
  cache = new CatalogCache(orm.em, clock);
});
afterAll(async () => {
  await orm.close();
  await database.drop();
});

async function draft(id: string, limit: number | null): Promise<void> {
  await new PackageService(orm.em, clock).create({ id, name: id, features: [{ featureId: 'calls', limit, resetPeriod: 'MONTH' }] });
}

async function publish(id: string, limit: number | null): Promise<void> {
  await draft(id, limit);
  await new PackageLifecycleService(orm.em, clock).publish(id);
}

const needing = (packageIds: string[], featureIds: string[] = []) => cache.snapshotWith({ packageIds, featureIds });

describe('CatalogCache', () => {
  it('knows published packages with their terms, and features', async () => {
    const snapshot = await needing(['gold'], ['calls']);
    expect(snapshot.feature('calls')).toEqual({ id: 'calls', name: 'Calls', type: 'CONSUMABLE' });
    expect(snapshot.package('gold')?.terms.get('calls')).toMatchObject({ limit: 10, resetPeriod: 'MONTH', overageEnabled: false });
    expect(snapshot.packagesWithFeature('calls').get('gold')).toMatchObject({ id: 'gold', limitsAdd: false, terms: { limit: 10 } });
    expect(snapshot.packagesWithFeature('none').size).toBe(0);
  });

  it('reads again only for what it does not know', async () => {
    const first = await needing(['gold']);
    expect(await needing(['gold'], ['calls'])).toBe(first);
    await features.create({ id: 'fresh', name: 'Fresh', type: 'BINARY' });
    const second = await needing(['gold'], ['fresh']);
    expect(second.feature('fresh')?.type).toBe('BINARY');
    expect((await needing([], ['none'])).feature('none')).toBeUndefined();
  });

  it('does not show a draft, and shows it once it is published', async () => {
    await draft('silver', 5);
    expect((await needing(['silver'])).package('silver')).toBeUndefined();
    await new PackageLifecycleService(orm.em, clock).publish('silver');
    expect((await needing(['silver'])).package('silver')?.terms.get('calls')?.limit).toBe(5);
  });

  it('shows a new name after ten seconds', async () => {
    await needing(['gold']);
    await features.edit('calls', { name: 'Requests' });
    clock.advance(10_000);
    expect((await needing(['gold'])).feature('calls')?.name).toBe('Calls');
    clock.advance(1);
    expect((await needing(['gold'])).feature('calls')?.name).toBe('Requests');
  });

  it('reads at most twice for many who ask at once', async () => {
    const snapshots = await Promise.all(Array.from({ length: 50 }, () => needing(['gold'])));
    expect(new Set(snapshots).size).toBeLessThanOrEqual(2);
  });

  it('never answers from a reading that began before the question', async () => {
    const blocker = new pg.Client({ connectionString: database.url });
    await blocker.connect();
    try {
      await blocker.query('begin; lock table feature in access exclusive mode');
      const early = needing(['late']);
      await waiting(blocker);
      await blocker.query(`insert into package (id, name, is_addon, status, requires_base, limits_add, base_package_ids, metadata, revision, created_at, updated_at)
        values ('late', 'Late', false, 'PUBLISHED', false, false, '[]', '{}', 1, now(), now())`);
      const asked = needing(['late']);
      await blocker.query('commit');
      expect((await early).package('late')).toBeUndefined();
      expect((await asked).package('late')?.name).toBe('Late');
    } finally {
      await blocker.end();
    }
  });

  it('goes on after a reading that failed', async () => {
    const blocker = new pg.Client({ connectionString: database.url });
    await blocker.connect();
    try {
      await blocker.query('begin; lock table feature in access exclusive mode');
      const failing = needing(['gold']);
      await waiting(blocker);
      const next = needing(['gold']);
      await blocker.query(`select pg_cancel_backend(pid) from pg_locks where relation = 'feature'::regclass and not granted`);
      await expect(failing).rejects.toThrow();
      await blocker.query('commit');
      expect((await next).package('gold')?.name).toBe('gold');
    } finally {
      await blocker.end();
    }
  });
});

/** Until someone waits for the lock that this client holds. */
async function waiting(blocker: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await blocker.query(`select 1 from pg_locks where relation = 'feature'::regclass and not granted`);
    if (rows.length > 0) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
