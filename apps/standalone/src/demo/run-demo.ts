import type { DemoContext } from './demo-context.js';

/** The main job on the sandbox's account, through the api like any client. */
export async function runDemo(context: DemoContext & { sandboxUrl: string }): Promise<void> {
  const { out, apiUrl, sandboxUrl } = context;
  out.line(`The sandbox that stands in for Stripe is at ${sandboxUrl}; any key like sk_test_demo opens it.`);
  out.line(`Connect it with POST ${apiUrl}/v1/stripe/connections.`);
  return Promise.resolve();
}
