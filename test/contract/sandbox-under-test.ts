import Stripe from 'stripe';
import { startSandbox } from '../../apps/sandbox/src/sandbox.js';
import type { Sandbox, Truth } from '../../apps/sandbox/src/sandbox.js';

/** One running sandbox of 1,000 subscriptions, what its store really holds, and the official SDK pointed at it. */
export interface UnderTest {
  sandbox: Sandbox;
  truth: Truth;
  stripe: Stripe;
}

export async function startUnderTest(): Promise<UnderTest> {
  const sandbox = await startSandbox({ host: '127.0.0.1', port: 0, subscriptions: 1_000, seed: 20_26 });
  return { sandbox, truth: sandbox.truth(), stripe: clientOf(sandbox, 'sk_test_contract') };
}

export function clientOf(sandbox: Pick<Sandbox, 'host' | 'port'>, key: string): Stripe {
  return new Stripe(key, {
    host: sandbox.host,
    port: sandbox.port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
  });
}

/** What the promise was refused with; a Stripe error, or the test fails. */
export async function refusal(asked: Promise<unknown>): Promise<InstanceType<typeof Stripe.errors.StripeError>> {
  const outcome = await asked.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof Stripe.errors.StripeError) return outcome;
  throw new Error(`not refused by Stripe: ${String(outcome)}`);
}

/** The id, with this prefix, of an object that shows a special case of the generated account. */
export function special(truth: Truth, name: string, prefix: 'sub_' | 'cus_' = 'sub_'): string {
  const id = truth.specials[name]?.find((one) => one.startsWith(prefix));
  if (id === undefined) throw new Error(`no special case ${name}`);
  return id;
}

/** The id that a reference is, or that the object in its place has. */
export function idIn(reference: string | { id: string } | null | undefined): string {
  if (reference === null || reference === undefined) throw new Error('no reference');
  return typeof reference === 'string' ? reference : reference.id;
}

/** What an event is about, as a kind that the test knows it to be. */
export function objectOf<T>(event: Stripe.Event | undefined): T {
  if (!event) throw new Error('no event');
  return event.data.object as T;
}
