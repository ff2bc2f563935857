import { type CustomDecorator, SetMetadata } from '@nestjs/common';

export const IS_PUBLIC = 'kana:public';

/** Opens an operation to callers without a key. Every other one is closed. */
export const Public = (): CustomDecorator => SetMetadata(IS_PUBLIC, true);
