import { Readable } from 'node:stream';

import { type MessageEvent, StreamableFile } from '@nestjs/common';
import { type Observable, Subscription } from 'rxjs';

/** A listener that has so much unread is gone, or as good as. */
const UNREAD_BYTES_MAXIMUM = 262_144;

/**
 * Events as an answer. (Nest's `@Sse` sends its headers before a handler has read anything: an unknown id could not be
 * answered with 404 any more.) The events are subscribed to until the listener leaves.
 */
export function eventStream(events: Observable<MessageEvent>): StreamableFile {
  const subscription = new Subscription();
  const stream = new Readable({
    read: () => undefined,
    destroy: (error, done) => {
      subscription.unsubscribe();
      done(error);
    },
  });
  subscription.add(
    events.subscribe({
      next: (event) => {
        stream.push(format(event));
        if (stream.readableLength > UNREAD_BYTES_MAXIMUM) {
          stream.destroy();
        }
      },
      error: (error: Error) => stream.destroy(error),
      complete: () => stream.push(null),
    }),
  );
  return new StreamableFile(stream, { type: 'text/event-stream' });
}

/** By https://html.spec.whatwg.org/multipage/server-sent-events.html; JSON has no line breaks of its own. */
function format({ comment, type, id, data }: MessageEvent): string {
  return comment === undefined ? `event: ${type}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n` : `: ${comment}\n\n`;
}
