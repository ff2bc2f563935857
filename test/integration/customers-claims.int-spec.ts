import { sqlRows, sqlWrite } from '@app/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { eventually } from '../import/kana.js';
import { type CustomerSuite, startCustomerSuite } from '../support/customer-suite.js';
import { customer } from '../support/match-directory.js';

let suite: CustomerSuite;
beforeAll(async () => {
  suite = await startCustomerSuite();
});
afterAll(() => suite.close());

const waiting = async (): Promise<true | undefined> => {
  const rows = await sqlRows(suite.orm.em.fork(), `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
  return rows.length > 0 || undefined;
};

describe('a page of customers that waits for an email', () => {
  it('goes by the link that whoever held the email has changed meanwhile', async () => {
    await suite.users.create({ id: 'bob' });
    const bob = await suite.queries.get('bob');
    await suite.apply([customer('cus_1', { email: 'ann@x.com' })]);
    const ann = await suite.queries.get('ann@x.com');
    let page: ReturnType<CustomerSuite['apply']> | undefined;
    await suite.orm.em.fork().transactional(async (em) => {
      await sqlRows(em, `select 1 from email_claim where email_normalized = 'ann@x.com' for update`);
      page = suite.apply([customer('cus_1', { email: 'ann@x.com', name: 'Ann' })]);
      await eventually('the page to wait', waiting);
      await sqlWrite(em, `update customer_link set user_key = $1, matched_by = 'PERSON' where customer_id = 'cus_1'`, [bob.key]);
    });
    const applied = await page;
    expect(applied?.byCustomer.get('cus_1')).toMatchObject({ userKey: bob.key, matchedBy: 'PERSON' });
    expect(applied?.touchedUserKeys).toContain(bob.key);
    expect(applied?.touchedUserKeys).not.toContain(ann.key);
    expect(await suite.standings()).toEqual({ cus_1: { userId: 'bob', matchedBy: 'PERSON', conflict: null } });
  });
});
