import { z } from 'zod';
import { named } from './named.js';

/** The body of a request that has nothing to say: none, or an empty object. */
export const Nothing = named('Nothing', z.strictObject({}), {}).optional();
