import { z } from 'zod';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** AsyncAPI's own dialect is JSON Schema's draft 7. */
export function schemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _, '~standard': __, ...rest } = z.toJSONSchema(schema, { target: 'draft-7', io: 'input' });
  return rest;
}
