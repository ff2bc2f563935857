import type { TestAnswer } from './api.js';

interface Sent {
  readonly method?: string;
  /** Undefined = none. */
  readonly key?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request with exactly these headers; the body, where there is one, as JSON. */
export async function send<Body = Record<string, unknown>>(url: string, { method = 'GET', key, body, headers = {} }: Sent): Promise<TestAnswer<Body> & { text: string }> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : undefined) as Body, text };
}
