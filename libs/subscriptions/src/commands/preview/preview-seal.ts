import { createHash } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { refused, KanaError, SecretBox } from '@app/common';
import type { SubscriptionRequest, SubscriptionSnapshot } from '@app/stripe';

import { checkPreview, type PreviewMark, type PreviewRefusal } from './check-preview.js';

const PLACE = 'command_preview';
const POINTER = '/preview';

const SENTENCES: Readonly<Record<PreviewRefusal, string>> = {
  preview_differs: 'This preview is of something else. Give the one of just this change, or none.',
  preview_expired: 'This preview is older than ten minutes, so that it may cost another amount by now. Make another one.',
  preview_outdated: 'What it rests on has changed since this preview, or a command that was asked for before is about to change it. Make another one once that has ended.',
};

/** What a command is measured by. */
export interface PreviewGround {
  readonly asked: object;
  /** What was decided on: it holds only while that is so. */
  readonly ground: object;
  /** RFC 3339, by the database's clock. */
  readonly at: string;
}

/** What a preview goes on to say while its command is on its way. */
export interface PreviewHold {
  /** To which second the money was reckoned; left out = nothing depends on it. */
  readonly prorationDate?: string;
  /** What it rested on; as `digest` gives it. */
  readonly previewed: string;
}

/**
 * What a change of a subscription is measured by: the subscription as it is known, and the call that is made of what was asked
 * for, as another price may be the package's by then. A command that is still to go first would change both.
 */
export function changeGround(subscription: SubscriptionSnapshot, request: SubscriptionRequest, isFirst = true): object {
  return { subscription, request, isFirst };
}

/** Hands out previews as sealed words, so that nothing of them need be stored and nobody can make them up. */
@Injectable()
export class PreviewSeal {
  constructor(private readonly secrets: SecretBox) {}

  seal(ground: PreviewGround, prorationDate: string | null): string {
    const mark: PreviewMark = { ...marksOf(ground), prorationDate };
    return this.secrets.seal(JSON.stringify(mark), PLACE);
  }

  /**
   * What the command is to be held to from now on.
   *
   * @throws KanaError preview_invalid, preview_differs, preview_expired, preview_outdated
   */
  redeem(preview: string, ground: PreviewGround): PreviewHold {
    const mark = this.open(preview);
    const refusal = checkPreview(mark, marksOf(ground));
    if (refusal !== null) {
      throw new KanaError(refusal === 'preview_differs' ? 'REFUSED' : 'PRECONDITION_FAILED', refusal, SENTENCES[refusal], [{ pointer: POINTER, detail: SENTENCES[refusal] }]);
    }
    return { previewed: mark.ground, ...(mark.prorationDate === null ? {} : { prorationDate: mark.prorationDate }) };
  }

  private open(preview: string): PreviewMark {
    try {
      return JSON.parse(this.secrets.open(preview, PLACE)) as PreviewMark;
    } catch {
      throw refused('preview_invalid', 'This is no preview of this Kana.', [{ pointer: POINTER, detail: 'Give `preview` as it came with the preview.' }]);
    }
  }
}

function marksOf({ asked, ground, at }: PreviewGround): Omit<PreviewMark, 'prorationDate'> {
  return { asked: digest(asked), ground: digest(ground), at };
}

/** What is equal has the same one. */
export function digest(value: object): string {
  return createHash('sha256').update(JSON.stringify(inOrder(value))).digest('base64url');
}

/** In whatever order its members were given, what is equal is the same. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(inOrder);
  }
  return typeof value === 'object' && value !== null ? Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([key, member]) => [key, inOrder(member)]) : value;
}
