import { z } from 'zod';

/** The languages in which staff are spoken to. */
export const Locale = z.enum(['en', 'es']);
