import { conflict, KanaError, notFound, refused } from '@app/common';

import type { PackageFault } from './check-package.js';
import type { ResetPeriodMismatch } from './check-reset-periods.js';

export const featureNotFound = (id: string): KanaError => notFound('feature_not_found', `There is no feature "${id}".`);

export const featureExists = (id: string): KanaError =>
  conflict('feature_exists', `There is a feature "${id}" already. Choose another id, or edit that one.`);

export const featureTypeImmutable = (id: string): KanaError =>
  conflict('feature_type_immutable', `The type of feature "${id}" cannot change: packages and usage are built on it. Create another feature.`);

export const unitLabelRefused = (detail: string): KanaError =>
  refused('unit_label_invalid', detail, [{ pointer: '/unitLabel', detail }]);

export const packageNotFound = (id: string): KanaError => notFound('package_not_found', `There is no package "${id}".`);

export const packageExists = (id: string): KanaError =>
  conflict('package_exists', `There is a package "${id}" already. Choose another id.`);

export const packageFrozen = (id: string, fields: readonly string[]): KanaError =>
  new KanaError(
    'CONFLICT',
    'package_frozen',
    `Package "${id}" is not a draft any more: only its name and metadata can change. Duplicate it to change ${fields.join(', ')}.`,
    fields.map((field) => ({ pointer: `/${field}`, detail: 'Frozen since the package was published.' })),
  );

export const packageNotDraft = (id: string): KanaError =>
  conflict('package_not_draft', `Package "${id}" is not a draft, and only drafts can be deleted. Archive it instead.`);

export const packageNotPublished = (id: string): KanaError =>
  conflict('package_not_published', `Package "${id}" is a draft: there is nothing to archive. Publish it, or delete it.`);

export const packageArchived = (id: string): KanaError =>
  conflict('package_archived', `Package "${id}" is archived and stays so. Duplicate it into a new draft.`);

export const packageInUse = (id: string, by: string): KanaError =>
  conflict('package_in_use', `Package "${id}" cannot be deleted or become an add-on: ${by}.`);

export const packageEmpty = (id: string): KanaError =>
  refused('package_empty', `Package "${id}" has no feature. Add at least one before publishing.`);

export const revisionMismatch = (id: string, revision: number): KanaError =>
  new KanaError(
    'PRECONDITION_FAILED',
    'package_changed',
    `Package "${id}" was changed meanwhile (it is at revision ${revision}). Read it again, then repeat your change.`,
  );

/** All faults of a draft in one error; its code is that of the first. */
export function packageRefused(first: PackageFault, all: readonly PackageFault[]): KanaError {
  return refused(first.code, all.map((fault) => fault.detail).join(' '), all);
}

export function resetPeriodMismatch(id: string, mismatches: readonly ResetPeriodMismatch[]): KanaError {
  const sentences = mismatches.map(
    ({ featureId, resetPeriod, otherPackageId, otherResetPeriod }) =>
      `Feature "${featureId}" is counted ${periodInWords(resetPeriod)} here and ${periodInWords(otherResetPeriod)} in package "${otherPackageId}".`,
  );
  return refused(
    'reset_period_mismatch',
    `Package "${id}" cannot be published: limits are added up only where packages share the reset period. ${sentences.join(' ')}`,
    sentences.map((detail) => ({ pointer: '/features', detail })),
  );
}

function periodInWords(period: string | null): string {
  return period === null ? 'without a reset' : `per ${period}`;
}
