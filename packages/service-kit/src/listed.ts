import { type Parameter, type RawRow, type Reader, type Statement, statement } from '@comanda/storage';

/** A condition with a `?` for each of its values; it is left out when the first of them is null. */
export type Filter = readonly [condition: string, first: Parameter, ...rest: readonly Parameter[]];

/**
 * Reads a list by filters. Only the conditions that are asked for stand in the statement, so that the index which is made
 * for them finds the rows: by `($2 IS NULL OR status = $2)` every row would be asked.
 *
 * @param textWith the statement with these conditions, each of which has an AND before it
 */
export function listed(textWith: (conditions: string) => string) {
  const statements = new Map<string, Statement>();
  return (
    reader: Reader,
    parameters: readonly Parameter[],
    filters: readonly Filter[],
  ): Promise<RawRow[]> => {
    const asked = filters.filter(([, first]) => first !== null);
    let number = parameters.length;
    const numbered = () => `$${++number}`;
    const conditions = asked.map(([condition]) => ` AND ${condition.replaceAll('?', numbered)}`).join('');
    const page = statements.get(conditions) ?? statement(textWith(conditions));
    statements.set(conditions, page);
    return reader.read(page, ...parameters, ...asked.flatMap(([, ...values]) => values));
  };
}
