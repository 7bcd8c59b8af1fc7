import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type CatalogueEntry, ImportProducts } from '@comanda/contracts';
import { messageOf } from '@comanda/kit';
import { MAX_BODY_BYTES, type Requester, Unavailable } from '@comanda/messaging';
import { asking, contextOf, NOT_POSSIBLE, operator } from '../operator.js';
import { print, printError } from '../print.js';
import { type FileLine, lineOfError, readCatalogue, writeCatalogue } from './catalogue-file.js';
import { wholeCatalogue } from './whole-catalogue.js';

const [DONE, REFUSED] = [0, 1];
/** Ten thousand products are one transaction, which may have to wait for others. */
const IMPORT_MS = 60_000;
/** Of a message, besides its lines. */
const ENVELOPE_BYTES = 4_096;

const context = contextOf('catalogue');

/** Brings a CSV file into the catalogue, all of it or nothing; resolves with the exit code. */
export async function importCatalogue(
  file: string,
  { dryRun, tenantId }: { readonly dryRun: boolean; readonly tenantId: string },
): Promise<number> {
  const bytes = contentOf(pathOf(file));
  if (!bytes) return NOT_POSSIBLE;
  const read = readCatalogue(bytes);
  if (read.kind === 'wrong') return nothingImported(read.errors.map(lineOfError));
  const { lines } = read;
  const data = { lines: lines.map(({ product }) => product), dryRun, actor: operator() };
  if (Buffer.byteLength(JSON.stringify(data)) > MAX_BODY_BYTES - ENVELOPE_BYTES)
    return nothingImported(['The file is too large for one message: split it.']);
  return await asking('catalogue', (requester) => send(requester, data, lines, tenantId));
}

async function send(
  requester: Requester,
  data: { lines: FileLine['product'][]; dryRun: boolean; actor: string },
  lines: readonly FileLine[],
  tenantId: string,
): Promise<number> {
  try {
    const answer = await requester.ask(ImportProducts, data, {
      ...context(tenantId),
      subject: tenantId,
      timeoutMs: IMPORT_MS,
    });
    if (!answer.ok) {
      const { detail, errors = [] } = answer.refusal;
      return nothingImported(
        errors.length > 0 ? errors.map(({ path, message }) => where(path, message, lines)) : [detail],
      );
    }
    const { created, updated, unchanged } = answer.result;
    const [would, be] = data.dryRun ? ['would be ', 'would stay '] : ['', ''];
    print(`${created} ${would}created, ${updated} ${would}updated, ${unchanged} ${be}unchanged`);
    return DONE;
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    printError(
      `${error.message}. The file was imported as a whole or not at all; to be sure, import it again: what is there already stays as it is.`,
    );
    return NOT_POSSIBLE;
  }
}

/** `lines.3.currency` of the message as the line of the file. */
function where(path: string, message: string, lines: readonly FileLine[]): string {
  const [, at = '', column] = path.split('.');
  const line = lines[Number(at)]?.line;
  return line === undefined
    ? message
    : lineOfError({ line, message, ...(column !== undefined && { column }) });
}

function nothingImported(errors: readonly string[]): number {
  for (const error of errors) printError(error);
  printError(`Nothing was imported: ${errors.length} ${errors.length === 1 ? 'error' : 'errors'}`);
  return REFUSED;
}

/** Writes the catalogue as a CSV file, to standard output without one; resolves with the exit code. */
export async function exportCatalogue(name: string | undefined, tenantId: string): Promise<number> {
  const file = name === undefined ? undefined : pathOf(name);
  return await asking('catalogue', async (requester) => {
    const products: CatalogueEntry[] = [];
    for await (const page of wholeCatalogue(requester, context(tenantId))) products.push(...page);
    const text = writeCatalogue(
      products
        .map(({ available: stock, ...product }) => ({ ...product, stock }))
        .sort((one, other) => (one.sku < other.sku ? -1 : 1)),
    );
    if (file === undefined) process.stdout.write(text);
    else if (!written(file, text)) return NOT_POSSIBLE;
    else print(`${products.length} products are in ${file}`);
    return DONE;
  });
}

/** As seen from where npm was called, which changes to the repository. */
const pathOf = (file: string): string => resolve(process.env.INIT_CWD ?? '.', file);

function contentOf(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    printError(`${file} can't be read: ${messageOf(error)}`);
    return undefined;
  }
}

/** Writes the whole file or nothing, so that nobody reads a part of it. */
function written(file: string, text: string): boolean {
  try {
    writeFileSync(`${file}.part`, text);
    renameSync(`${file}.part`, file);
    return true;
  } catch (error) {
    printError(`${file} can't be written: ${messageOf(error)}`);
    return false;
  }
}
