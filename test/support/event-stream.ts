/** One server-sent event, or a comment. */
export interface SentEvent {
  type: string;
  id: string | undefined;
  data: unknown;
}

/** A stream of server-sent events that is listened to. */
export interface Listening {
  status: number;
  headers: Headers;
  /** Those that came so far. */
  events: SentEvent[];
  /** Settles when the answer has ended. */
  ended: Promise<void>;
  leave(): void;
}

/** Listens at once; what comes gathers in `events`. */
export async function listen(url: string, key: string): Promise<Listening> {
  const leaving = new AbortController();
  const response = await fetch(url, { headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream' }, signal: leaving.signal });
  const events: SentEvent[] = [];
  return { status: response.status, headers: response.headers, events, ended: gather(response, events), leave: () => leaving.abort() };
}

async function gather(response: Response, events: SentEvent[]): Promise<void> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    const blocks = (text + decoder.decode(chunk, { stream: true })).split('\n\n');
    text = blocks.pop() ?? '';
    events.push(...blocks.filter((block) => block.trim() !== '').map(toEvent));
  }
}

function toEvent(block: string): SentEvent {
  const field = (name: string): string | undefined => block.split('\n').find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  const data = field('data');
  return { type: field('event') ?? (block.trim().startsWith(':') ? 'comment' : 'message'), id: field('id'), data: data === undefined ? undefined : (JSON.parse(data) as unknown) };
}
