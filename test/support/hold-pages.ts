import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';

/** Pages of subscriptions that Stripe does not answer yet. */
export interface HeldPages {
  /** Settles as the first of them is asked for. */
  readonly asked: Promise<void>;
  /** Answers them, and whatever is asked from now on. */
  release(): void;
}

/**
 * Answers no page of subscriptions from the n-th one on until it is told to: who reads them stays in the middle for as long as
 * a test looks on, however slow the machine is.
 *
 * @param hear told of the address of each page that is asked for
 */
export function holdPages(sandbox: Sandbox, from: number, hear: (url: string) => void = () => undefined): HeldPages {
  const asked = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let pages = 0;
  let isHeld = true;
  sandbox.onRequest((pattern, url) => {
    if (pattern !== '/v1/subscriptions') {
      return undefined;
    }
    hear(url);
    pages += 1;
    if (!isHeld || pages < from) {
      return undefined;
    }
    asked.resolve();
    return released.promise;
  });
  return {
    asked: asked.promise,
    release: () => {
      isHeld = false;
      released.resolve();
    },
  };
}
