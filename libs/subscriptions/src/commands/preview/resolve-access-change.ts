/** What a user has of a feature, apart from what they have used. */
export interface FeatureAccess {
  readonly access: boolean;
  /** null = unlimited, or access or not. */
  readonly budget: number | null;
  readonly overageEnabled: boolean;
}

export interface AccessChange {
  readonly featureId: string;
  readonly change: 'GAINED' | 'LOST' | 'CHANGED';
  readonly before: FeatureAccess;
  readonly after: FeatureAccess;
}

const NONE: FeatureAccess = { access: false, budget: 0, overageEnabled: false };

/** Features that differ, by id; what a user does not have does not differ by its budget. */
export function resolveAccessChange(before: ReadonlyMap<string, FeatureAccess>, after: ReadonlyMap<string, FeatureAccess>): AccessChange[] {
  const ids = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return ids.flatMap((featureId) => changeOf(featureId, before.get(featureId) ?? NONE, after.get(featureId) ?? NONE));
}

function changeOf(featureId: string, before: FeatureAccess, after: FeatureAccess): AccessChange[] {
  if (before.access !== after.access) {
    return [{ featureId, change: after.access ? 'GAINED' : 'LOST', before, after }];
  }
  const isSame = !before.access || (before.budget === after.budget && before.overageEnabled === after.overageEnabled);
  return isSame ? [] : [{ featureId, change: 'CHANGED', before, after }];
}
