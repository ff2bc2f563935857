import { type ErrorPointer, refused } from '@app/common';
import type { SyncIssue } from '@app/sync';
import type { z } from 'zod';

import { pointerOf } from '../../http/problem.js';
import type { FixTools } from './fix-tools.js';

/** A call that cures an issue, as it is offered. */
export interface FixOffer {
  readonly title: string;
  /** What to send, as far as it is known; left out where the call takes nothing. */
  readonly body?: Readonly<Record<string, unknown>>;
  /** JSON pointers of what is to be added to the body. */
  readonly missing: readonly string[];
}

/** What somebody may have done about an issue by a call. */
export interface Fix {
  offers(issue: SyncIssue): FixOffer[];
  /** @throws KanaError fix_input_invalid, and what the fix's own services throw */
  apply(tools: FixTools, issue: SyncIssue, body: unknown, requestedBy: string): Promise<void>;
}

interface FixDefinition<Input> {
  readonly input: z.ZodType<Input>;
  /** One offer or several, each with what is known of its body; without a body the call takes nothing. */
  readonly offers: (issue: SyncIssue) => readonly Pick<FixOffer, 'title' | 'body'>[];
  readonly run: (tools: FixTools, issue: SyncIssue, input: Input, requestedBy: string) => Promise<void>;
}

export function defineFix<Input>({ input, offers, run }: FixDefinition<Input>): Fix {
  return {
    offers: (issue) => offers(issue).map((offer) => ({ ...offer, missing: flawsOf(input, offer.body ?? {}).map(({ pointer }) => pointer) })),
    apply: (tools, issue, body, requestedBy) => run(tools, issue, parse(input, body), requestedBy),
  };
}

function parse<Input>(schema: z.ZodType<Input>, body: unknown): Input {
  const { success, data } = schema.safeParse(body);
  if (!success) {
    throw refused('fix_input_invalid', 'This fix needs something else in its body; `errors` says what.', flawsOf(schema, body));
  }
  return data;
}

function flawsOf(schema: z.ZodType, body: unknown): ErrorPointer[] {
  const { error } = schema.safeParse(body);
  return (error?.issues ?? []).flatMap((issue) => {
    const path = issue.path.map(String);
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys : [];
    return unknown.length === 0 ? [{ pointer: pointerOf(path), detail: issue.message }] : unknown.map((key) => ({ pointer: pointerOf([...path, key]), detail: 'is not known here' }));
  });
}
