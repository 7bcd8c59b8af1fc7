import { z } from 'zod';

/** An event that is committed and not yet known to have reached the broker. `body` is what goes on the wire. */
export const OutboxRow = z.object({ messageId: z.string(), type: z.string(), body: z.string() }).readonly();
export type OutboxRow = z.infer<typeof OutboxRow>;

/** Up to `limit` events after the id `after`, written before the time `before`. */
export interface OutboxPage {
  readonly after: string;
  readonly before: string;
  readonly limit: number;
}
