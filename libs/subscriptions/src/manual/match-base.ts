import type { PackageRole } from './manual.types.js';

/** Whether an add-on may be held with this base package (rule C2): it names it, or names none. */
export function goesWith(addon: PackageRole, base: PackageRole): boolean {
  return !base.isAddon && (addon.basePackageIds.length === 0 || addon.basePackageIds.includes(base.packageId));
}

/** Whether an add-on is nothing without a base package. */
export function needsBase(role: PackageRole): boolean {
  return role.isAddon && role.requiresBase;
}

/** Whether what ends at `one` is there as long as what ends at `other`; null = without an end. */
export function lastsAsLongAs(one: string | null, other: string | null): boolean {
  return one === null || (other !== null && one >= other);
}
