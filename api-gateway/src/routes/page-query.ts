import { Page, Reply } from '@comanda/contracts';
import { cursorParameters } from '@comanda/service-kit';
import { RpcException } from '@nestjs/microservices';
import { z } from 'zod';
import { problemOfRefusal } from '../problems/problem.js';

/** `limit` and `cursor` as they stand in a query; cursors of lists of the services mean nothing here. */
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

/** Of a list that the gateway keeps itself. */
export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Sorts behind every time and every id: where a list begins that has the newest first. */
export const FROM_THE_NEWEST = ['~', '~'] as const;

/** Behind which row such a list goes on; `undefined` for its beginning. What is no cursor of ours is a 400 problem. */
export function positionIn(cursor: string | undefined): readonly [string, string] | undefined {
  try {
    const { cursorFirst, cursorId } = cursorParameters(cursor);
    return cursorFirst === null || cursorId === null ? undefined : [cursorFirst, cursorId];
  } catch (error) {
    // As the services say it.
    const reply = error instanceof RpcException ? Reply.safeParse(error.getError()) : undefined;
    if (!reply?.success || reply.data.ok) throw error;
    throw problemOfRefusal(reply.data.refusal);
  }
}
