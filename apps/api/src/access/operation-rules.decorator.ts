import { type CustomDecorator, SetMetadata } from '@nestjs/common';

import type { DeclaredRules } from './resolve-rules.js';

export const DECLARED_RULES = 'kana:rules';

/** Says what an operation asks of a call. `@Operation` brings it along; without it, and not `@Public()`, nothing starts. */
export const Rules = (declared: DeclaredRules): CustomDecorator => SetMetadata(DECLARED_RULES, declared);
