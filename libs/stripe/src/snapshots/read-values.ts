/** A Stripe object cannot be carried over as it is; `message` names the field and what is wrong with it. */
export class UnreadableObjectError extends Error {
  readonly code = 'stripe_object_unreadable';

  constructor(
    readonly objectId: string,
    readonly field: string,
    problem: string,
  ) {
    super(`${field} ${problem}`);
    this.name = 'UnreadableObjectError';
  }
}

/** PostgreSQL and RFC 3339 both hold these; Stripe's own times lie well inside. */
const EARLIEST_SECOND = 0;
const LATEST_SECOND = Date.UTC(9999, 11, 31) / 1000;
const MAXIMUM_ID_LENGTH = 255;
const MAXIMUM_TEXT_LENGTH = 5000;

/** Reads the fields of one Stripe object, so that an error can say which object and which field it was. */
export class ValueReader {
  constructor(private readonly objectId: string) {}

  /** Whole seconds → RFC 3339 in UTC. */
  time(field: string, seconds: number | undefined): string {
    if (seconds === undefined || !Number.isSafeInteger(seconds) || seconds < EARLIEST_SECOND || seconds > LATEST_SECOND) {
      throw new UnreadableObjectError(this.objectId, field, `is no time: ${String(seconds)}`);
    }
    return new Date(seconds * 1000).toISOString();
  }

  optionalTime(field: string, seconds: number | null | undefined): string | null {
    return seconds === null || seconds === undefined ? null : this.time(field, seconds);
  }

  /** Stripe's ids are opaque: 1–255 printable characters (rule S8). */
  id(field: string, value: unknown): string {
    if (typeof value !== 'string' || value.length === 0 || value.length > MAXIMUM_ID_LENGTH || !isPrintable(value)) {
      throw new UnreadableObjectError(this.objectId, field, 'is no id of 1 to 255 printable characters');
    }
    return value;
  }

  text(field: string, value: unknown): string {
    if (typeof value !== 'string' || value.length > MAXIMUM_TEXT_LENGTH || value.includes('\0') || !value.isWellFormed()) {
      throw new UnreadableObjectError(this.objectId, field, 'is too long, or no well-formed text');
    }
    return value;
  }

  optionalText(field: string, value: unknown): string | null {
    return value === null || value === undefined ? null : this.text(field, value);
  }

  integer(field: string, value: number): number {
    if (!Number.isSafeInteger(value)) {
      throw new UnreadableObjectError(this.objectId, field, `is no whole number: ${String(value)}`);
    }
    return value;
  }

  optionalInteger(field: string, value: number | null | undefined): number | null {
    return value === null || value === undefined ? null : this.integer(field, value);
  }
}

function isPrintable(text: string): boolean {
  return !/\p{Cc}/u.test(text) && text.isWellFormed();
}

/** A metadata value; null when there is none under this key. */
export function metadataOf(metadata: Readonly<Record<string, string>> | null | undefined, key: string): string | null {
  return metadata && Object.hasOwn(metadata, key) ? (metadata[key] ?? null) : null;
}

/** The id of a member that Stripe gives as an id or expanded. */
export function idOf(value: string | { id: string } | null | undefined): string | null {
  return typeof value === 'string' ? value : (value?.id ?? null);
}
