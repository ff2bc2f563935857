import { describe, expect, it } from '@jest/globals';

import { checkMappingChange, type MappingChange, type MappingRefusal, type MappingVerdict } from './check-mapping-change.js';

const change: MappingChange = {
  price: { type: 'recurring' },
  currentPackageId: null,
  packageId: 'team',
  packageStatus: 'PUBLISHED',
  subscribed: false,
};
const refused = (code: MappingRefusal): MappingVerdict => ({ kind: 'REFUSED', code });

describe('checkMappingChange', () => {
  it.each<[string, Partial<MappingChange>, MappingVerdict]>([
    ['maps an unmapped price', {}, { kind: 'MAP' }],
    ['maps to a draft, whose subscriptions wait', { packageStatus: 'DRAFT' }, { kind: 'MAP' }],
    ['re-points a price that nobody is subscribed through', { currentPackageId: 'starter' }, { kind: 'MAP' }],
    ['asks for a preview where somebody is', { currentPackageId: 'starter', subscribed: true }, refused('preview_required')],
    ['changes nothing when it is mapped so already', { currentPackageId: 'team', subscribed: true }, { kind: 'UNCHANGED' }],
    ['keeps an old mapping to an archived package', { currentPackageId: 'team', packageStatus: 'ARCHIVED' }, { kind: 'UNCHANGED' }],
    ['refuses a new mapping to an archived package', { packageStatus: 'ARCHIVED' }, refused('package_archived')],
    ['refuses a package that does not exist', { packageStatus: null }, refused('package_not_found')],
    ['refuses a price that was never seen', { price: null }, refused('price_not_found')],
    ['refuses a one-off price', { price: { type: 'one_time' } }, refused('price_one_off')],
  ])('%s', (_sentence, difference, expected) => {
    expect(checkMappingChange({ ...change, ...difference })).toEqual(expected);
  });
});
