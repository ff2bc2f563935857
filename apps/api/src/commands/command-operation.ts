import { applyDecorators } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';

import { Operation, type OperationOptions } from '../openapi/operation.decorator.js';
import { commandSchema, queuedExample } from './command.dto.js';

/** Of what is done by a command. */
export const PREFER = {
  name: 'Prefer',
  description: 'How long you would wait for Stripe, in seconds: `wait=5`, 1–30. Then the answer is the done one (200, or 201 where something was made), 409 `stripe_refused` with Stripe’s words where it fails, and 202 where that takes longer.',
  required: false,
  schema: { type: 'string', example: 'wait=5' },
} as const;

/** What any change through Stripe may be refused for. */
const REFUSALS = ['connection_disconnected', 'customer_deleted', 'subscription_ended', 'schedule_attached', 'pending_update', 'stripe_refused'];

/** An operation that Kana does itself, or, of what is paid through Stripe, asks Stripe for by a command. */
export function CommandOperation(options: OperationOptions): MethodDecorator {
  const { errors = {} } = options;
  return CommandAnswer({ ...options, errors: { ...errors, 404: ['subscription_not_found', ...(errors[404] ?? [])], 409: [...new Set([...(errors[409] ?? []), ...REFUSALS])] } });
}

/** An operation that may be answered by a command, and that the caller may wait for. */
export function CommandAnswer(options: OperationOptions): MethodDecorator {
  const { errors = {} } = options;
  return applyDecorators(
    Operation({
      ...options,
      description: `${options.description}\n\nOf what is paid through Stripe, Kana asks Stripe for it, by a command, and follows its answer: 202, with the command at its Location.`,
      orElse: { status: 202, description: 'Paid through Stripe: the command, waiting to be sent.', schema: commandSchema, example: queuedExample, headers: { Location: 'Where to follow the command.' } },
      errors: { ...errors, 409: [...new Set([...(errors[409] ?? []), 'stripe_refused'])] },
    }),
    ApiHeader(PREFER),
  );
}
