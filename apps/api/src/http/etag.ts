import { invalid } from '@app/common';

const ETAG = /^(?:W\/)?"(\d{1,9})"$/;

/** The revision of what can be edited, as an entity tag. */
export function etagOf(revision: number): string {
  return `"${revision}"`;
}

/** What `ok.headers` of an operation says of its ETag. */
export const ETAG_HEADER = { ETag: 'The revision, for `If-Match`.' };

/** What an operation says of `If-Match`. */
export const IF_MATCH = {
  name: 'If-Match',
  required: false,
  description: 'The `ETag` that you saw: refused with 412 when somebody has changed it since. Without it, and with `*`, the last writer wins.',
};

/**
 * The revision that a caller's `If-Match` names; undefined when any will do. That is so without the header and with `*`,
 * which by RFC 9110 stands for any revision of what is there; what is not there is a 404 anyway.
 *
 * @throws KanaError `if_match_invalid` (400) for what is no entity tag of ours
 */
export function revisionOf(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') {
    return undefined;
  }
  const revision = ETAG.exec(ifMatch.trim())?.[1];
  if (revision === undefined) {
    throw invalid('if_match_invalid', 'If-Match must be the ETag that came with what you change, such as "3".');
  }
  return Number(revision);
}
