import { z } from 'zod';

const Shape = z.object({
  properties: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  required: z.array(z.string()).default([]),
});

/** The fields of an object, as a table in Markdown. */
export function fieldsOf(schema: z.core.JSONSchema.JSONSchema): string {
  const { properties, required } = Shape.parse(schema);
  const rows = Object.entries(properties).map(
    ([name, field]) => `| \`${name}\` | ${typeOf(field)} | ${required.includes(name) ? 'yes' : 'no'} |`,
  );
  return ['| field | type | required |', '|---|---|---|', ...rows].join('\n');
}

const Field = z.object({
  type: z.string().optional(),
  format: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  items: z.record(z.string(), z.unknown()).optional(),
  properties: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  required: z.array(z.string()).default([]),
});

function typeOf(schema: Record<string, unknown>): string {
  const { type = 'any', format, enum: values, items, properties, required } = Field.parse(schema);
  if (values) return values.map((value) => `\`${String(value)}\``).join(', ');
  if (items) return `list of ${typeOf(items)}`;
  if (properties) {
    const fields = Object.keys(properties).map((name) => (required.includes(name) ? name : `${name}?`));
    return `{ ${fields.join(', ')} }`;
  }
  return format === undefined ? type : format;
}

/** What a link in Markdown leads to, of a heading that is a type. */
export const anchor = (type: string): string => type.toLowerCase().replaceAll('.', '');
