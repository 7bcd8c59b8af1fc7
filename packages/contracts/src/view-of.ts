import type { z } from 'zod';

/** What a view is made of: its fields, where `null` stands for one that is left out. */
type Source<View> = {
  readonly [Field in keyof View]:
    | (View[Field] extends readonly (infer Item)[] ? readonly Item[] : View[Field])
    | (undefined extends View[Field] ? null : never);
};

/** The fields that others may see: those of `view`, without those that are `null`. A row has more. */
export function viewOf<View extends z.ZodObject>(view: View, row: Source<z.output<View>>): z.output<View>;
export function viewOf(view: z.ZodObject, row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys(view.shape).flatMap((field) => {
      const value = row[field];
      return value === null || value === undefined ? [] : [[field, value]];
    }),
  );
}
