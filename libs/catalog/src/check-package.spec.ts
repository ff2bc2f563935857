import { describe, expect, it } from '@jest/globals';

import { checkPackage, termsOf, type CatalogFacts, type PackageDraft } from './check-package.js';

const FACTS: CatalogFacts = {
  featureTypes: new Map([
    ['sso', 'BINARY'],
    ['calls', 'CONSUMABLE'],
  ]),
  isAddon: new Map([
    ['gold', false],
    ['extra', true],
  ]),
};

function faultsOf(draft: Partial<PackageDraft>): string[] {
  const faults = checkPackage({ isAddon: false, basePackageIds: [], features: [], ...draft }, FACTS);
  return faults.map(({ code, pointer }) => `${code} ${pointer}`);
}

describe('checkPackage', () => {
  it.each<[string, Partial<PackageDraft>]>([
    ['an empty draft', {}],
    ['a binary feature alone', { features: [{ featureId: 'sso' }] }],
    ['a binary feature whose limit is said to be none', { features: [{ featureId: 'sso', limit: null, resetPeriod: null, overageEnabled: false }] }],
    ['an unlimited feature', { features: [{ featureId: 'calls', limit: null }] }],
    ['a limit of nothing', { features: [{ featureId: 'calls', limit: 0, resetPeriod: 'DAY' }] }],
    ['an add-on for any base package', { isAddon: true }],
    ['an add-on for one base package', { isAddon: true, basePackageIds: ['gold'] }],
  ])('accepts %s', (_name, draft) => {
    expect(faultsOf(draft)).toEqual([]);
  });

  it.each<[string, Partial<PackageDraft>, string[]]>([
    ['a feature that is not there', { features: [{ featureId: 'none' }] }, ['feature_not_found /features/0/featureId']],
    ['a feature twice', { features: [{ featureId: 'sso' }, { featureId: 'sso' }] }, ['feature_duplicate /features/1/featureId']],
    ['a limit on a binary feature', { features: [{ featureId: 'sso', limit: 0 }] }, ['limit_on_binary /features/0/limit']],
    ['a reset on a binary feature', { features: [{ featureId: 'sso', resetPeriod: 'DAY' }] }, ['limit_on_binary /features/0/resetPeriod']],
    ['overage on a binary feature', { features: [{ featureId: 'sso', overageEnabled: true }] }, ['limit_on_binary /features/0/overageEnabled']],
    ['scaling of a binary feature', { features: [{ featureId: 'sso', scalesWithQuantity: true }] }, ['limit_on_binary /features/0/scalesWithQuantity']],
    ['a consumable feature without a word on its limit', { features: [{ featureId: 'calls' }] }, ['limit_required /features/0/limit']],
    ['base packages of a base package', { basePackageIds: ['gold'] }, ['base_package_invalid /basePackageIds']],
    ['an unknown base package', { isAddon: true, basePackageIds: ['none'] }, ['base_package_invalid /basePackageIds/0']],
    ['an add-on as a base package', { isAddon: true, basePackageIds: ['gold', 'extra'] }, ['base_package_invalid /basePackageIds/1']],
    ['a base package twice', { isAddon: true, basePackageIds: ['gold', 'gold'] }, ['base_package_invalid /basePackageIds/1']],
    [
      'several things, all at once',
      { features: [{ featureId: 'none' }, { featureId: 'calls' }], basePackageIds: ['gold'] },
      ['feature_not_found /features/0/featureId', 'limit_required /features/1/limit', 'base_package_invalid /basePackageIds'],
    ],
  ])('refuses %s', (_name, draft, faults) => {
    expect(faultsOf(draft)).toEqual(faults);
  });
});

describe('termsOf', () => {
  it('fills in what a caller leaves out', () => {
    expect(termsOf({ featureId: 'calls', limit: 5 })).toEqual({
      featureId: 'calls',
      name: null,
      limit: 5,
      resetPeriod: null,
      overageEnabled: false,
      scalesWithQuantity: false,
    });
  });
});
