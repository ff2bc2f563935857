import { Migration } from '@mikro-orm/migrations';

export class Migration20261128041018_events_and_lanes extends Migration {

  override name = 'Migration20261128041018_events_and_lanes';

  override up(): void | Promise<void> {
    this.addSql(`create table "sync_event" ("connection_id" text not null, "id" text not null, "type" text not null, "object_type" text null, "object_id" text null, "stripe_created" bigint not null, "api_version" text null, "idempotency_key" text null, "body" jsonb null, "servable" boolean not null, "source" text not null, "received_at" timestamptz(6) not null, "deliveries" int not null, "last_received_at" timestamptz(6) not null, "result" text not null, "reason" text null, "attempts" int not null, "next_attempt_at" timestamptz(6) null, "settled_at" timestamptz(6) null, "error" jsonb null, "before" jsonb null, "after" jsonb null, primary key ("connection_id", "id"));`);
    this.addSql(`create index "sync_event_due" on "sync_event" ("connection_id", "next_attempt_at") where next_attempt_at is not null;`);
    this.addSql(`create index "sync_event_open" on "sync_event" ("connection_id", "object_type", "object_id") where next_attempt_at is not null;`);
    this.addSql(`create index "sync_event_received_at_id_index" on "sync_event" ("received_at", "id");`);
    this.addSql(`create index "sync_event_object_id_stripe_created_index" on "sync_event" ("object_id", "stripe_created");`);
    this.addSql(`create index "sync_event_dead" on "sync_event" ("connection_id", "object_type", "object_id") where result = 'DEAD';`);

    this.addSql(`create table "sync_lane" ("connection_id" text not null, "object_type" text not null, "object_id" text not null, "seen_from" bigint null, "seen_to" bigint null, "gone" boolean not null, "reads_wanted" int not null, "reads_done" int not null, "owner" text null, "lease_until" timestamptz(6) null, "fence" int not null, "updated_at" timestamptz(6) not null, primary key ("connection_id", "object_type", "object_id"));`);
    this.addSql(`create index "sync_lane_needs_read" on "sync_lane" ("connection_id") where reads_wanted > reads_done;`);

    this.addSql(`alter table "import_range" add "read_to" bigint null;`);

    this.addSql(`alter table "sync_event" add constraint "sync_event_object_type_check" check ("object_type" in ('SUBSCRIPTION', 'CUSTOMER', 'PRICE', 'PRODUCT'));`);
    this.addSql(`alter table "sync_event" add constraint "sync_event_source_check" check ("source" in ('WEBHOOK', 'POLL'));`);
    this.addSql(`alter table "sync_event" add constraint "sync_event_result_check" check ("result" in ('WAITING', 'FAILED', 'DEAD', 'APPLIED', 'NO_CHANGE', 'STALE', 'DUPLICATE', 'IGNORED'));`);

    this.addSql(`alter table "sync_lane" add constraint "sync_lane_object_type_check" check ("object_type" in ('SUBSCRIPTION', 'CUSTOMER', 'PRICE', 'PRODUCT'));`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "sync_event" cascade;`);
    this.addSql(`drop table if exists "sync_lane" cascade;`);

    this.addSql(`alter table "import_range" drop column "read_to";`);
  }

}
