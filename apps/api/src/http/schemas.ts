import { z } from 'zod';

/** Control characters (C0, DEL, C1), which no id may hold. */
const CONTROL = /[\p{Cc}]/u;

const MAXIMUM_METADATA_KEYS = 50;
const DEFAULT_PAGE_SIZE = 25;
const MAXIMUM_PAGE_SIZE = 100;

/** An id that the caller chose, of a feature, a package or a user; an email is legal. Travels URL-encoded in paths. */
export const callerId = z
  .string()
  .min(1)
  .max(255)
  .refine((id) => !CONTROL.test(id), 'must not contain control characters')
  .refine((id) => id === id.trim(), 'must not begin or end with a space')
  .refine((id) => id !== '.' && id !== '..', 'must not be "." or ".."')
  .meta({ description: '1–255 characters; no control characters, no spaces at the edges, not "." or "..".', example: 'analytics' });

/** An id that Stripe, or the company in Stripe, chose: opaque, compared bytewise (rule S8). */
export const stripeId = z
  .string()
  .min(1)
  .max(255)
  .refine((id) => !CONTROL.test(id), 'must not contain control characters')
  .meta({ description: '1–255 printable characters.', example: 'price_1Q2w3E' });

/** A name for people to read. */
export const displayName = z
  .string()
  .min(1)
  .max(255)
  .refine((name) => name.trim() !== '', 'must not be blank');

/** Free key-value pairs: at most 50, keys up to 40 characters, values up to 500. */
export const metadata = z
  .record(z.string().min(1).max(40), z.string().max(500))
  .refine((pairs) => Object.keys(pairs).length <= MAXIMUM_METADATA_KEYS, `must not have more than ${MAXIMUM_METADATA_KEYS} keys`)
  .meta({ description: 'At most 50 pairs; keys up to 40 characters, values up to 500.', example: { team: 'growth' } });

/** A point in time: RFC 3339 in UTC. */
export const isoTime = z.iso
  .datetime()
  .refine((time) => !time.startsWith('0000'), 'must be in the year 1 or later')
  .meta({ example: '2026-03-01T12:00:00.000Z' });

/** A flag in a query: `true` or `false`. */
export const queryFlag = z.enum(['true', 'false']).transform((flag) => flag === 'true');

/** The shape that every list's query begins with: `z.strictObject({ ...pageQuery, status: … })`. */
export const pageQuery = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAXIMUM_PAGE_SIZE)
    .default(DEFAULT_PAGE_SIZE)
    .meta({ description: `How many to return: 1–${MAXIMUM_PAGE_SIZE}.`, example: DEFAULT_PAGE_SIZE }),
  cursor: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .meta({ description: 'The `nextCursor` of the page before. Opaque.' }),
};

/** The answer of a list. */
export interface Page<Item> {
  data: Item[];
  hasMore: boolean;
  nextCursor: string | null;
}

/** Schema of a page of items; `id` names it in the OpenAPI document, e.g. `FeaturePage`. */
export function pageOf<Item extends z.ZodType>(id: string, item: Item) {
  return z
    .object({
      data: z.array(item),
      hasMore: z.boolean().meta({ description: 'Whether there is a further page.' }),
      nextCursor: z.string().nullable().meta({ description: 'Pass it as `cursor` to get the next page; null on the last.' }),
    })
    .meta({ id });
}

/** Schema of every answer that is not a success. */
export const problemSchema = z
  .object({
    type: z.string().meta({ description: 'Identifies the kind of problem.' }),
    title: z.string().meta({ description: 'The code, in words.' }),
    status: z.int(),
    detail: z.string().meta({ description: 'What happened and what to do.' }),
    code: z.string().meta({ description: 'Stable, snake_case: branch on this.' }),
    errors: z.array(
      z.object({
        pointer: z.string().optional().meta({ description: 'JSON pointer into the request body.' }),
        parameter: z.string().optional().meta({ description: 'Name of the parameter of the path or the query.' }),
        detail: z.string(),
      }),
    ),
    requestId: z.string().meta({ description: 'Also in the header `X-Request-Id`, and in the logs.' }),
  })
  .meta({ id: 'Problem' });
