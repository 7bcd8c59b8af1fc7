import { z } from 'zod';

interface Described {
  readonly id: string;
  readonly examples: readonly [unknown];
}

/** The names of the API's schemas, with an example for each; zod's own registry has what is said of single fields. */
class Names extends z.core.$ZodRegistry<Described> {
  override get<Schema extends z.core.$ZodType>(schema: Schema) {
    const found = { ...z.globalRegistry.get(schema), ...super.get(schema) };
    return Object.keys(found).length === 0 ? undefined : (found as typeof found & Described);
  }
}

export const NAMES = new Names();

/**
 * Gives a schema the name by which the API's documents know it, and an example. Clients are generated from them, so a name
 * stays as it is.
 */
export function named<Schema extends z.ZodType>(
  id: string,
  schema: Schema,
  example: z.input<Schema>,
): Schema {
  NAMES.add(schema, { id, examples: [example] });
  return schema;
}
