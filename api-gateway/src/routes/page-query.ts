import { Page } from '@comanda/contracts';
import { z } from 'zod';

/** `limit` and `cursor` as they stand in a query; cursors belong to the services and mean nothing here. */
export const pageQuery = {
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'must be a whole number from 1 to 100')
    .transform(Number)
    .pipe(z.number().min(1, 'must be at least 1').max(100, 'must be at most 100'))
    .default(20)
    .meta({ type: 'integer', pattern: undefined, minimum: 1, maximum: 100, description: 'How many at most' }),
  cursor: Page.cursor.describe('`nextCursor` of the page before'),
};

/** `true` or `false` in a query. */
export const yesOrNo = z
  .enum(['true', 'false'], 'must be true or false')
  .transform((text) => text === 'true')
  .meta({ type: 'boolean', enum: undefined });
