import type { PackageStatus } from '@app/catalog';

/** What is known when a price is to be mapped; null = there is none. */
export interface MappingChange {
  readonly price: { readonly type: 'one_time' | 'recurring' } | null;
  readonly currentPackageId: string | null;
  readonly packageId: string;
  readonly packageStatus: PackageStatus | null;
  /** Whether an open package subscription came through this price. */
  readonly subscribed: boolean;
}

export type MappingRefusal =
  | 'price_not_found'
  | 'price_one_off'
  | 'package_not_found'
  | 'package_archived'
  | 'preview_required';

export type MappingVerdict = { kind: 'MAP' } | { kind: 'UNCHANGED' } | { kind: 'REFUSED'; code: MappingRefusal };

/**
 * Decides whether a price may be mapped at once (rules M1, M4, M9, C3). A draft is fine: its subscriptions wait.
 * Where somebody is subscribed through the price, a change needs a preview first (rule M8).
 */
export function checkMappingChange(change: MappingChange): MappingVerdict {
  if (change.price === null) {
    return refusal('price_not_found');
  }
  if (change.price.type === 'one_time') {
    return refusal('price_one_off');
  }
  if (change.packageStatus === null) {
    return refusal('package_not_found');
  }
  if (change.currentPackageId === change.packageId) {
    return { kind: 'UNCHANGED' };
  }
  if (change.packageStatus === 'ARCHIVED') {
    return refusal('package_archived');
  }
  return change.subscribed ? refusal('preview_required') : { kind: 'MAP' };
}

function refusal(code: MappingRefusal): MappingVerdict {
  return { kind: 'REFUSED', code };
}
