import { z } from 'zod';
import type { EventType } from './define.js';

/**
 * The JSON Schema (draft 2020-12) of the `data` that subscribers get: without the fields that are internal (none of
 * these is required), and with room for fields that a later version adds.
 */
export function sentSchemaOf({ internal, data }: EventType): z.core.JSONSchema.JSONSchema {
  const { properties = {}, '~standard': _, ...schema } = z.toJSONSchema(data, { io: 'input' });
  const sent = Object.entries(properties).filter(([field]) => !internal.includes(field));
  return { ...schema, properties: Object.fromEntries(sent) };
}
