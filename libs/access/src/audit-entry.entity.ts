import { defineEntity, p } from '@mikro-orm/core';

const auditSchema = defineEntity({
  name: 'AuditEntry',
  tableName: 'audit_entry',
  properties: {
    id: p.bigint().primary().autoincrement(),
    at: p.datetime(6),
    apiKeyId: p.text(),
    operationId: p.text(),
    method: p.text(),
    /** The template, e.g. `/v1/packages/:id`: addresses hold ids that callers chose, such as an email. */
    route: p.text(),
    /** Of the path, save the id of a user. */
    parameters: p.json().$type<Record<string, string>>(),
    /** The internal id of the user that the call was about. */
    userKey: p.text().nullable(),
    /** The body without secrets and personal data; null = the call had none. */
    request: p.json().nullable(),
    requestId: p.text(),
  },
  indexes: [{ properties: ['apiKeyId', 'id'] }, { properties: ['operationId', 'id'] }, { properties: ['userKey', 'id'] }],
  triggers: [
    {
      name: 'audit_entry_append_only',
      timing: 'before',
      events: ['update', 'delete'],
      forEach: 'row',
      body: `raise exception 'audit entries are only ever added' using errcode = 'restrict_violation';`,
    },
  ],
});

/** Who changed what and when. Rows are only ever added: the database refuses anything else. */
export class AuditEntry extends auditSchema.class {}
auditSchema.setClass(AuditEntry);
