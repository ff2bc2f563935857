import type { Failure } from './problem.js';

/** A refusal that only HTTP knows (401, 403, 429), thrown before a controller runs. */
export class HttpFailure extends Error {
  constructor(readonly failure: Failure) {
    super(failure.detail);
    this.name = 'HttpFailure';
  }
}
