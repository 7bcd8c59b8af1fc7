import { COMMANDS, Envelope, EVENTS, QUERIES } from '@comanda/contracts';
import { z } from 'zod';
import type { KeptMessages } from './kept.js';

const ENVELOPE = 'envelope';

const schemaOf = (type: z.ZodType): Record<string, unknown> => {
  const { '~standard': _, ...schema } = z.toJSONSchema(type, { io: 'input' });
  return schema;
};

/** Every message of this release, by the URI of its payload, and the envelope of all. */
export const messagesNow = (): KeptMessages => ({
  [ENVELOPE]: { type: ENVELOPE, data: schemaOf(Envelope) },
  ...Object.fromEntries(
    EVENTS.map(({ type, dataschema, data, example }) => [
      dataschema,
      { type, data: schemaOf(data), example },
    ]),
  ),
  ...Object.fromEntries(
    [...COMMANDS, ...QUERIES].map(({ type, dataschema, data, result }) => [
      dataschema,
      { type, data: schemaOf(data), result: schemaOf(result) },
    ]),
  ),
});
