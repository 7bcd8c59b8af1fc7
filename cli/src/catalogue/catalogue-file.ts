import { CatalogueLine, MAX_LINES } from '@comanda/contracts';
import { CsvError, parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { z } from 'zod';

/** An error in a file: its line, its column if it is about one, and what must be there instead. */
export interface LineError {
  readonly line: number;
  readonly column?: string;
  readonly message: string;
}

/** A product as the file lists it, and the line on which it begins. */
export interface FileLine {
  readonly line: number;
  readonly product: CatalogueLine;
}

export type CatalogueFile =
  | { readonly kind: 'read'; readonly lines: readonly FileLine[] }
  | { readonly kind: 'wrong'; readonly errors: readonly LineError[] };

type Column = keyof CatalogueLine;
export const COLUMNS = [
  'sku',
  'name',
  'price',
  'currency',
  'active',
  'stock',
  'lowStockThreshold',
] as const satisfies readonly Column[];
const REQUIRED: readonly Column[] = ['sku', 'name', 'price', 'currency'];

/** What the schema can't say about a cell. */
const MUST: Partial<Record<Column, string>> = {
  price:
    'must be a whole number in minor units, such as 180 for 1.80, with digits alone: no comma, point or blank',
  currency: 'must be an ISO 4217 code, such as EUR',
  active: 'must be true or false, or empty to leave it as it is',
  stock: 'must be a whole number with digits alone, or empty to leave it as it is',
  lowStockThreshold:
    'must be a whole number up to 1000000000 with digits alone, or empty to leave it as it is',
};

/** A spreadsheet takes a cell that begins with one of these for a formula, also in its full-width form. */
const FORMULA = '[=+\\-@\\t\\r\\uff1d\\uff0b\\uff0d\\uff20]';
const DANGEROUS = new RegExp(`^'*${FORMULA}`);
const DISARMED = new RegExp(`^'+${FORMULA}`);
/** An apostrophe makes it a text; `armed` takes it away again, so that what was exported is imported unchanged. */
const disarmed = (text: string): string => (DANGEROUS.test(text) ? `'${text}` : text);
const armed = (text: string): string => (DISARMED.test(text) ? text.slice(1) : text);

/** Products as a CSV file (RFC 4180, UTF-8) with a header; a threshold that is not there is an empty cell. */
export function writeCatalogue(
  products: readonly (Required<Omit<CatalogueLine, 'lowStockThreshold'>> & {
    readonly lowStockThreshold: number | null;
  })[],
): string {
  const rows = products.map(({ sku, name, ...others }) => ({
    sku: disarmed(sku),
    name: disarmed(name),
    ...others,
  }));
  return stringify(rows, {
    header: true,
    columns: [...COLUMNS],
    cast: { boolean: (value) => String(value) },
  });
}

interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/** Reads a file as people and spreadsheets write them, and finds everything that is wrong with it. */
export function readCatalogue(bytes: Uint8Array): CatalogueFile {
  const read = recordsOf(bytes);
  if ('error' in read) return wrong([read.error]);
  const [header, ...records] = read.records;
  if (!header) return wrong([{ line: 1, message: `must be the header: ${COLUMNS.join()}` }]);
  const columns = columnsOf(header);
  if ('errors' in columns) return wrong(columns.errors);
  if (records.length === 0) return wrong([{ line: header.line, message: 'must be followed by products' }]);
  if (records.length > MAX_LINES)
    return wrong([
      {
        line: header.line,
        message: `${records.length} products are more than ${MAX_LINES}: split the file`,
      },
    ]);
  const lines: FileLine[] = [];
  const errors: LineError[] = [];
  const seen = new Map<string, number>();
  for (const record of records) {
    const found = productOf(record, columns.names);
    if ('errors' in found) errors.push(...found.errors);
    else lines.push({ line: record.line, product: found.product });
    const sku = found.sku;
    if (sku === undefined) continue;
    const before = seen.get(sku);
    if (before === undefined) seen.set(sku, record.line);
    else
      errors.push({ line: record.line, column: 'sku', message: `${sku} stands in line ${before} already` });
  }
  return errors.length > 0 ? wrong(errors) : { kind: 'read', lines };
}

const WithInfo = z.array(z.object({ record: z.array(z.string()), info: z.object({ bytes: z.number() }) }));

const wrong = (errors: readonly LineError[]): CatalogueFile => ({ kind: 'wrong', errors });

/** One error as a line for people. */
export const lineOfError = ({ line, column, message }: LineError): string =>
  `line ${line}${column === undefined ? '' : `, ${column}`}: ${message}`;

/** What separates cells where a comma is for decimals. */
const SEPARATORS = { ';': 'semicolons', '\t': 'tabs', '|': 'bars' } as const;

/** Another separator than a comma in the first line with something in it. */
function otherSeparator(text: string): string | undefined {
  const [header = ''] = /^.*\w.*$/m.exec(text) ?? [];
  if (header.includes(',')) return undefined;
  return Object.entries(SEPARATORS).find(([separator]) => header.includes(separator))?.[1];
}

function recordsOf(bytes: Uint8Array): { records: CsvRecord[] } | { error: LineError } {
  let text: string;
  try {
    // It takes away a byte order mark, too.
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { error: { line: 1, message: 'the file is not UTF-8: save it as "CSV UTF-8"' } };
  }
  const separator = otherSeparator(text);
  if (separator !== undefined)
    return {
      error: {
        line: 1,
        message: `cells are separated by ${separator}: save the file with commas between them`,
      },
    };
  const content = Buffer.from(text);
  const lineAt = lineCounter(content);
  try {
    let end = 0;
    const parsed: unknown = parse(content, {
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      record_delimiter: ['\r\n', '\n', '\r'],
    });
    const records = WithInfo.parse(parsed).map(({ record, info }) => {
      const line = lineAt(end);
      end = info.bytes;
      return { line, cells: record };
    });
    // A spreadsheet writes every row that was ever touched.
    return { records: records.filter(({ cells }) => !cells.every(isBlank)) };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const message =
      error.code === 'CSV_QUOTE_NOT_CLOSED'
        ? 'a quote is opened and never closed'
        : 'a quote stands in the middle of a cell: put the cell into quotes, and double each quote in it';
    return { error: { line: Number(error.lines ?? 1), message } };
  }
}

/** The number of the line on which the next record after an offset begins; asked with growing offsets. */
function lineCounter(content: Buffer): (offset: number) => number {
  // A byte each, so that positions in the text are those in the file; line breaks are no part of longer characters.
  const text = content.toString('latin1');
  const breaks = text.matchAll(/\r\n|\n|\r/g);
  let next = breaks.next();
  let line = 1;
  return (offset) => {
    let start = offset;
    while (text[start] === '\r' || text[start] === '\n') start++;
    while (next.value && next.value.index < start) {
      line++;
      next = breaks.next();
    }
    return line;
  };
}

const isBlank = (cell: string): boolean => cell.trim() === '';

/** The name of each column; `undefined` for one without a name, which must have no cells either. */
type Columns = readonly (Column | undefined)[];

function columnsOf({ line, cells }: CsvRecord): { names: Columns } | { errors: LineError[] } {
  const names = cells.map((cell) => cell.trim());
  const columns = names.map((name) => COLUMNS.find((column) => column === name));
  const known = columns.filter((column) => column !== undefined);
  const errors = [
    ...names
      .filter((name, at) => name !== '' && columns[at] === undefined)
      .map((column) => ({ line, column, message: `is not known: the columns are ${COLUMNS.join()}` })),
    ...REQUIRED.filter((column) => !known.includes(column)).map((column) => ({
      line,
      column,
      message: 'is missing in the header',
    })),
    ...known
      .filter((column, at) => known.indexOf(column) !== at)
      .map((column) => ({ line, column, message: 'stands in the header twice' })),
  ];
  return errors.length > 0 ? { errors } : { names: columns };
}

type Found = { readonly sku: string | undefined } & (
  | { readonly product: CatalogueLine }
  | { readonly errors: readonly LineError[] }
);

function productOf({ line, cells }: CsvRecord, columns: Columns): Found {
  const named = columns.findLastIndex((column) => column !== undefined) + 1;
  const filled = cells.findLastIndex((cell) => !isBlank(cell)) + 1;
  if (cells.length < named || filled > columns.length)
    return {
      sku: undefined,
      errors: [{ line, message: `has ${cells.length} cells, the header has ${columns.length}` }],
    };
  const errors: LineError[] = [];
  const values: Partial<Record<Column, unknown>> = {};
  for (const [at, cell] of cells.entries()) {
    const column = columns[at];
    if (isBlank(cell) && !(column && REQUIRED.includes(column))) continue;
    if (!column) {
      errors.push({
        line,
        message: `${JSON.stringify(cell)} stands in a column without a name: name it, or empty it`,
      });
      continue;
    }
    const parsed = CatalogueLine.shape[column].safeParse(parsedCell(column, cell));
    if (parsed.success) values[column] = parsed.data;
    else {
      const must = MUST[column] ?? parsed.error.issues[0]?.message;
      errors.push({ line, column, message: `${JSON.stringify(cell)} ${must}` });
    }
  }
  const sku = typeof values.sku === 'string' ? values.sku : undefined;
  return errors.length > 0 ? { sku, errors } : { sku, product: CatalogueLine.parse(values) };
}

/** The value of a cell; `null` when its column can't hold it. */
function parsedCell(column: Column, cell: string): unknown {
  const text = cell.trim();
  switch (column) {
    case 'name':
      return armed(cell);
    case 'sku':
      return armed(text);
    case 'currency':
      return text;
    case 'active':
      return { true: true, false: false }[text.toLowerCase()] ?? null;
    case 'price':
    case 'stock':
    case 'lowStockThreshold':
      return /^\d{1,16}$/.test(text) ? Number(text) : null;
  }
}
