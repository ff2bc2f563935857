import type { FeatureType, PackageFeatureInput, PackageFeatureTerms } from './catalog.types.js';

/** The parts of a package that a draft decides on, as a caller gives them. */
export interface PackageDraft {
  readonly isAddon: boolean;
  readonly basePackageIds: readonly string[];
  readonly features: readonly PackageFeatureInput[];
}

/** What the catalog has of the things a draft names: each feature's type, and each package's `isAddon`. */
export interface CatalogFacts {
  readonly featureTypes: ReadonlyMap<string, FeatureType>;
  readonly isAddon: ReadonlyMap<string, boolean>;
}

export type PackageFaultCode = 'feature_not_found' | 'feature_duplicate' | 'limit_on_binary' | 'limit_required' | 'base_package_invalid';

/** One thing wrong with a draft: a stable code, where (a JSON pointer), and a sentence. */
export interface PackageFault {
  readonly code: PackageFaultCode;
  readonly pointer: string;
  readonly detail: string;
}

/** Decides what is wrong with a draft (rules C2, C4): all of it at once, in the order of the draft. */
export function checkPackage(draft: PackageDraft, facts: CatalogFacts): PackageFault[] {
  const seen = new Set<string>();
  const features = draft.features.flatMap((feature, index) => {
    const pointer = `/features/${index}`;
    if (seen.has(feature.featureId)) {
      return [fault('feature_duplicate', `${pointer}/featureId`, `Feature "${feature.featureId}" is in the list twice.`)];
    }
    seen.add(feature.featureId);
    return checkFeature(feature, facts.featureTypes.get(feature.featureId), pointer);
  });
  return [...features, ...checkBasePackages(draft, facts.isAddon)];
}

/** A package feature with the defaults of rule C4 filled in. */
export function termsOf(input: PackageFeatureInput): PackageFeatureTerms {
  return {
    featureId: input.featureId,
    name: input.name ?? null,
    limit: input.limit ?? null,
    resetPeriod: input.resetPeriod ?? null,
    overageEnabled: input.overageEnabled ?? false,
    scalesWithQuantity: input.scalesWithQuantity ?? false,
  };
}

function checkFeature(feature: PackageFeatureInput, type: FeatureType | undefined, pointer: string): PackageFault[] {
  if (type === undefined) {
    return [fault('feature_not_found', `${pointer}/featureId`, `There is no feature "${feature.featureId}". Create it first.`)];
  }
  return type === 'BINARY' ? checkBinary(feature, pointer) : checkConsumable(feature, pointer);
}

function checkBinary(feature: PackageFeatureInput, pointer: string): PackageFault[] {
  const terms = termsOf(feature);
  const members = [
    ['limit', terms.limit !== null],
    ['resetPeriod', terms.resetPeriod !== null],
    ['overageEnabled', terms.overageEnabled],
    ['scalesWithQuantity', terms.scalesWithQuantity],
  ] as const;
  return members.flatMap(([member, given]) =>
    given ? [fault('limit_on_binary', `${pointer}/${member}`, `Feature "${feature.featureId}" is BINARY: it has no ${member}.`)] : [],
  );
}

/** A limit left out by mistake would be an unlimited one: it is asked for. */
function checkConsumable(feature: PackageFeatureInput, pointer: string): PackageFault[] {
  return feature.limit === undefined
    ? [fault('limit_required', `${pointer}/limit`, `Feature "${feature.featureId}" is CONSUMABLE: give a limit, or null for unlimited.`)]
    : [];
}

function checkBasePackages(draft: PackageDraft, isAddon: ReadonlyMap<string, boolean>): PackageFault[] {
  if (!draft.isAddon && draft.basePackageIds.length > 0) {
    return [fault('base_package_invalid', '/basePackageIds', 'Only an add-on package names base packages.')];
  }
  return draft.basePackageIds.flatMap((id, index) => {
    const pointer = `/basePackageIds/${index}`;
    if (draft.basePackageIds.indexOf(id) < index) {
      return [fault('base_package_invalid', pointer, `Package "${id}" is in the list twice.`)];
    }
    const found = isAddon.get(id);
    if (found === undefined) {
      return [fault('base_package_invalid', pointer, `There is no package "${id}".`)];
    }
    return found ? [fault('base_package_invalid', pointer, `Package "${id}" is an add-on, not a base package.`)] : [];
  });
}

function fault(code: PackageFaultCode, pointer: string, detail: string): PackageFault {
  return { code, pointer, detail };
}
