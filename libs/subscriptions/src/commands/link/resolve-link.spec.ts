import { describe, expect, it } from '@jest/globals';

import type { AskedLink, LinkGround } from './link.types.js';
import { ASKING_MS, resolveLink } from './resolve-link.js';

const AT = '2026-03-01T12:00:00.000Z';
const PAGES = { successUrl: 'https://shop.example/ok', cancelUrl: null };
const asking = (difference: Partial<AskedLink> = {}): AskedLink => ({
  packageIds: ['team'],
  quantity: 2,
  wish: { priceIds: [], currency: null, interval: null, intervalCount: null },
  trialDays: null,
  allowPromotionCodes: false,
  expiresAt: null,
  ...PAGES,
  ...difference,
});
const ground = (difference: Partial<LinkGround> = {}): LinkGround => ({
  user: { reference: 'ann', email: 'ann@example.com' },
  isConnected: true,
  payer: { kind: 'NONE' },
  held: [],
  wanted: [{ packageId: 'team', isAddon: false, requiresBase: false, basePackageIds: [], status: 'PUBLISHED' }],
  offered: [[{ id: 'm', currency: 'usd', currencies: ['usd'], interval: 'month', intervalCount: 1, usageType: 'licensed' }]],
  now: AT,
  ...difference,
});
const session = (difference: object) => ({
  kind: 'SESSION',
  session: { items: [{ price: 'm', quantity: 2 }], currency: null, customerId: null, email: null, userId: null, trialDays: null, allowPromotionCodes: false, expiresAt: null, ...PAGES, ...difference },
});
const refused = (code: string) => ({ kind: 'REFUSED', code });

describe('the Checkout session of a link', () => {
  it.each<[string, AskedLink, LinkGround, object]>([
    ['is for a user, whose email is filled in', asking(), ground(), session({ userId: 'ann', email: 'ann@example.com' })],
    ['is for a user’s customer', asking(), ground({ payer: { kind: 'KNOWN', id: 'cus_1' } }), session({ userId: 'ann', email: 'ann@example.com', customerId: 'cus_1' })],
    ['is for a user whose customers were deleted', asking(), ground({ payer: { kind: 'DELETED' } }), session({ userId: 'ann', email: 'ann@example.com' })],
    ['is for whoever completes it', asking(), ground({ user: null }), session({})],
    ['is as it was asked for', asking({ trialDays: 7, allowPromotionCodes: true, cancelUrl: 'https://shop.example', expiresAt: '2026-03-01T12:30:00.000Z' }), ground({ user: null }), session({ trialDays: 7, allowPromotionCodes: true, cancelUrl: 'https://shop.example', expiresAt: '2026-03-01T12:30:00.000Z' })],
    ['names nobody by an id that is too long', asking(), ground({ user: { reference: null, email: null } }), refused('user_id_too_long')],
    ['is open for half an hour at least', asking({ expiresAt: '2026-03-01T12:29:59.999Z' }), ground(), refused('expires_at_impossible')],
    ['is open for a day at most', asking({ expiresAt: '2026-03-02T12:00:00.001Z' }), ground(), refused('expires_at_impossible')],
    ['sells nothing that the user has', asking(), ground({ held: [{ packageId: 'team', isAddon: false, requiresBase: false, basePackageIds: [], subscriptionId: 'psub_1', source: 'KANA', endsAt: null }] }), refused('already_subscribed')],
  ])('%s', (_name, asked, given, verdict) => {
    expect(resolveLink(asked, given)).toMatchObject(verdict);
  });

  it('is asked for with a minute to spare', () => {
    const half = asking({ expiresAt: '2026-03-01T12:30:00.000Z' });
    expect([resolveLink(half, ground()).kind, resolveLink(half, ground(), ASKING_MS)]).toMatchObject(['SESSION', refused('expires_at_impossible')]);
  });
});
