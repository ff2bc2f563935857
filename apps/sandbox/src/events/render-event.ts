import type { View } from '../http/view.js';
import { inVersion } from '../objects/versions.js';
import type { WireObject } from '../objects/wire.js';
import type { EventRecord } from './event-record.js';
import { previousAttributes } from './previous-attributes.js';

/** An event's JSON. In an event decimals are strings whatever the version, as the store has them. */
export function renderEvent(event: EventRecord, version: string, view: View): WireObject {
  const object = inVersion(view.state(event.state), version);
  const before = event.before && inVersion(view.state(event.before), version);
  return {
    id: event.id,
    object: 'event',
    ...(event.account === undefined ? {} : { account: event.account }),
    api_version: version,
    created: event.created,
    data: { object, ...(before ? { previous_attributes: previousAttributes(before, object) } : {}) },
    livemode: event.livemode,
    pending_webhooks: event.deliveries.pending,
    request: { id: event.cause.requestId, idempotency_key: event.cause.idempotencyKey },
    type: event.type,
  };
}

/** The same for somebody outside: whoever is told of an event is told the same ever after. */
export function tellEvent(event: EventRecord, version: string, view: View): WireObject {
  // Its body may have been open until now.
  Object.assign(event, { openUntil: 0 });
  return renderEvent(event, version, view);
}
