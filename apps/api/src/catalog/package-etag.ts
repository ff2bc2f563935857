import { invalid } from '@app/common';

const ETAG = /^(?:W\/)?"(\d{1,9})"$/;

/** A package's revision as an entity tag. */
export function etagOf(revision: number): string {
  return `"${revision}"`;
}

/**
 * The revision that a caller's `If-Match` names; undefined when any will do (absent or `*`).
 *
 * @throws KanaError `if_match_invalid` (400) for what is no entity tag of ours
 */
export function revisionOf(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') {
    return undefined;
  }
  const revision = ETAG.exec(ifMatch.trim())?.[1];
  if (revision === undefined) {
    throw invalid('if_match_invalid', 'If-Match must be the ETag of this package, such as "3".');
  }
  return Number(revision);
}
