import { flawOf, oneLine, tidied } from '@comanda/contracts';
import type { LookedAt, Rows } from '@comanda/storage';

/** A column of texts that people wrote. */
type TextColumn = Omit<LookedAt, 'columns'> & { readonly column: string };

const NAMED = 20;

/**
 * For a migration: says which texts from before would be refused today, and changes none of them. They stay readable; to
 * change them is for whoever wrote them.
 */
export const tellRefusedTexts =
  (columns: readonly TextColumn[]) =>
  async (rows: Rows): Promise<void> => {
    for (const { column, ...which } of columns) {
      const named: string[] = [];
      let count = 0;
      for await (const row of rows.each({ ...which, columns: [column] })) {
        const text = row[column];
        const flaw = typeof text === 'string' ? flawOf(tidied(text)) : undefined;
        if (flaw === undefined) continue;
        count++;
        if (count <= NAMED)
          named.push(`${which.key.map((part) => oneLine(String(row[part]))).join('/')} ${flaw}`);
      }
      if (count === 0) continue;
      const more = count > NAMED ? `; and ${count - NAMED} more` : '';
      rows.warn(
        `${which.table}.${column}: ${count} from before would be refused today, and stay as they are: ${named.join('; ')}${more}`,
      );
    }
  };
