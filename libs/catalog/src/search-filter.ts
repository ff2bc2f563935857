import type { CatalogRange } from './catalog.types.js';

/** The condition of a list: after the last id of the part before, and `q` in id or name. */
export function searchFilter({ after, q }: CatalogRange) {
  const pattern = q === undefined ? undefined : { $ilike: `%${q.replaceAll(/[\\%_]/g, String.raw`\$&`)}%` };
  return {
    ...(after === undefined ? {} : { id: { $gt: after } }),
    ...(pattern === undefined ? {} : { $or: [{ id: pattern }, { name: pattern }] }),
  };
}
