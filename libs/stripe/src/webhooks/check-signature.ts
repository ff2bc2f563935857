import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';

/** How far the time of a signature may lie from now, before and after: an old one may be a replay. */
export const TOLERANCE_SECONDS = 300;

const TIMESTAMP = /^\d{1,12}$/;
const SIGNATURE = /^[0-9a-f]{64}$/;

/** What a signature is worth. Only one that is right can be too old, or from the future: time is no hint for guessing. */
export type SignatureVerdict = 'RIGHT' | 'ABSENT' | 'WRONG' | 'TOO_OLD' | 'FROM_THE_FUTURE';

export interface SignedBody {
  /** Byte for byte as it came. */
  readonly body: Uint8Array;
  /** `Stripe-Signature`. */
  readonly header: string | undefined;
}

/**
 * Whether Stripe has signed these bytes a moment ago, with any of the secrets. The SDK's own check is not used: it lets a
 * time in the future pass, reads the process's clock, and decodes the body before it looks at the signature.
 *
 * @param now seconds
 */
export function checkSignature({ body, header }: SignedBody, secrets: readonly KeyObject[], now: number): SignatureVerdict {
  const claim = readHeader(header ?? '');
  if (claim === null) {
    return 'ABSENT';
  }
  if (!secrets.some((secret) => isSignedWith(secret, claim, body))) {
    return 'WRONG';
  }
  const age = now - Number(claim.timestamp);
  if (age > TOLERANCE_SECONDS) {
    return 'TOO_OLD';
  }
  return age < -TOLERANCE_SECONDS ? 'FROM_THE_FUTURE' : 'RIGHT';
}

interface Claim {
  /** As it stands in the header: these characters were signed. */
  readonly timestamp: string;
  readonly signatures: readonly Buffer[];
}

/** `t=1700000000,v1=…,v1=…,v0=…`: one time, and a `v1` for each secret that is valid in Stripe. Other schemes count for nothing. */
function readHeader(header: string): Claim | null {
  const members = header.split(',');
  const [timestamp, ...further] = valuesOf('t', members);
  const signatures = valuesOf('v1', members).flatMap((value) => (SIGNATURE.test(value) ? [Buffer.from(value, 'hex')] : []));
  if (timestamp === undefined || further.length > 0 || !TIMESTAMP.test(timestamp) || signatures.length === 0) {
    return null;
  }
  return { timestamp, signatures };
}

function valuesOf(scheme: string, members: readonly string[]): string[] {
  return members.flatMap((member) => (member.startsWith(`${scheme}=`) ? [member.slice(scheme.length + 1)] : []));
}

function isSignedWith(secret: KeyObject, { timestamp, signatures }: Claim, body: Uint8Array): boolean {
  const wanted = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest();
  return signatures.some((signature) => timingSafeEqual(signature, wanted));
}
