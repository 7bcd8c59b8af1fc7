import { type CustomDecorator, SetMetadata } from '@nestjs/common';
import type { Bucket } from './rate-limit.js';

export const BUCKET = 'comanda:bucket';

/** In which bucket the requests to a controller, or to one of its routes, are counted; else in the default one. */
export const CountedIn = (bucket: Bucket): CustomDecorator => SetMetadata(BUCKET, bucket);
