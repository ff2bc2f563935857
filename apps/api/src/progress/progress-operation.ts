import { applyDecorators, Get, Header } from '@nestjs/common';

import { Operation } from '../openapi/operation.decorator.js';

const DESCRIPTION =
  'Server-sent events. `progress`, with the run as its own GET shows it: at once, then at each change, twice a second at most. `end`, with the same: the run has ended, and so does the answer. The id of an event is the same for the same state. A comment every 15 seconds keeps the connection alive. An answer that ends without `end` says nothing of the run: the server stops, or an hour has gone by; connect again.';

/** A GET that follows a run. Its handler returns what `RunProgress.follow` gives. */
export function FollowOperation(of: { id: string; summary: string; notFound: string; example: object }): MethodDecorator {
  const data = JSON.stringify(of.example);
  return applyDecorators(
    Get(':id/progress'),
    Header('Cache-Control', 'no-store'),
    // nginx gathers answers otherwise.
    Header('X-Accel-Buffering', 'no'),
    Operation({
      id: of.id,
      summary: of.summary,
      description: DESCRIPTION,
      ok: { status: 200, description: 'The events.', eventStream: `event: progress\nid: 4f1c09a2be77d310\ndata: ${data}\n\nevent: end\nid: 4f1c09a2be77d310\ndata: ${data}\n\n` },
      errors: { 404: [of.notFound] },
    }),
  );
}
