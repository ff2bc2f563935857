import type { FeatureType } from './catalog.types.js';

/** What rule C1 refuses in a feature, or null. */
export function checkUnitLabels(type: FeatureType, unitLabel: string | null, unitLabelPlural: string | null): string | null {
  if (type === 'BINARY' && (unitLabel !== null || unitLabelPlural !== null)) {
    return 'A BINARY feature is not counted, so it has no unit label.';
  }
  if (unitLabel === null && unitLabelPlural !== null) {
    return 'A plural unit label needs a singular one.';
  }
  return null;
}
