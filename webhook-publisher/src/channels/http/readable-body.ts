import { Readable, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { codeOf } from './attempt-failure.js';

/** How much of an answer is kept for people. */
export const MAX_SHOWN_BYTES = 16 * 1024;
/** More codings upon each other than anybody needs. */
const MAX_CODINGS = 3;
const HEX_BYTES = 32;

export interface ReadableBody {
  /** As it was meant, with whatever characters it has: `shown` makes it fit to be looked at. */
  readonly text: string;
  /** What people should know besides. */
  readonly notes: readonly string[];
}

/**
 * The text of a body, for people. We ask for no coding, but a receiver may use one all the same. What can't be read is
 * named instead: `[gzip, unreadable]`.
 *
 * @param codings every `Content-Encoding`
 * @param contentType says in which charset the text is; UTF-8 otherwise
 */
export async function readableBody(
  bytes: Buffer,
  { codings, contentType }: { readonly codings: readonly string[]; readonly contentType: string | undefined },
): Promise<ReadableBody> {
  const names = codings
    .flatMap((value) => value.toLowerCase().split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  if (bytes.length === 0) return { text: '', notes: [] };
  const decoded = await decode(bytes, names);
  if (decoded === undefined) return { text: `[${names.join(', ')}, unreadable]`, notes: [] };
  const { text, note } = textOf(decoded.bytes, charsetOf(contentType));
  return { text, notes: [...decoded.notes, ...(note === undefined ? [] : [note])] };
}

/** Undoes the codings, the last one first; `undefined` when one is unknown or gives nothing. */
async function decode(
  bytes: Buffer,
  names: readonly string[],
): Promise<{ readonly bytes: Buffer; readonly notes: readonly string[] } | undefined> {
  if (names.length > MAX_CODINGS) return undefined;
  let current = bytes;
  const notes = new Set<string>();
  for (const name of names.toReversed()) {
    const decoder = decoderOf(name, current);
    const undone = decoder && (await undo(decoder, current));
    if (undone === undefined) return undefined;
    current = undone.bytes;
    if (undone.note !== undefined) notes.add(`${name}: ${undone.note}`);
  }
  return { bytes: current, notes: [...notes] };
}

function decoderOf(name: string, bytes: Buffer): Transform | undefined {
  switch (name) {
    case 'gzip':
    case 'x-gzip':
      return zlib.createGunzip();
    case 'deflate':
      // Meant is zlib's format; some send the bare one, which has another first byte.
      return ((bytes[0] ?? 0) & 0x0f) === 8 ? zlib.createInflate() : zlib.createInflateRaw();
    case 'br':
      return zlib.createBrotliDecompress();
    case 'zstd':
      // Node 20 has none.
      return 'createZstdDecompress' in zlib ? zlib.createZstdDecompress() : undefined;
    default:
      return undefined;
  }
}

/** What comes out before the limit or the first fault. A bomb is unpacked no further than the limit. */
async function undo(
  decoder: Transform,
  bytes: Buffer,
): Promise<{ readonly bytes: Buffer; readonly note?: string } | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  let note: string | undefined;
  try {
    const out: AsyncIterable<Buffer> = Readable.from([bytes]).pipe(decoder);
    for await (const chunk of out) {
      chunks.push(chunk);
      size += chunk.length;
      if (size <= MAX_SHOWN_BYTES) continue;
      note = `only the first ${MAX_SHOWN_BYTES / 1024} KiB are kept`;
      break;
    }
  } catch {
    if (size === 0) return undefined;
    note = 'broken or cut off; what could be read is kept';
  }
  return { bytes: Buffer.concat(chunks).subarray(0, MAX_SHOWN_BYTES), ...(note !== undefined && { note }) };
}

const charsetOf = (contentType: string | undefined): string | undefined =>
  /;\s*charset\s*=\s*(?:"([^"]+)"|([^\s;"]+))/i
    .exec(contentType ?? '')
    ?.slice(1)
    .find(Boolean);

function textOf(
  bytes: Buffer,
  charset: string | undefined,
): { readonly text: string; readonly note?: string } {
  const decoder = decoderFor(charset ?? 'utf-8');
  const text = (decoder ?? new TextDecoder()).decode(bytes);
  const unknown = decoder ? {} : { note: `the charset ${charset} is not known; it was read as UTF-8` };
  if (!isBinary(text)) return { text, ...unknown };
  const hex = bytes.subarray(0, HEX_BYTES).toString('hex');
  return {
    text: `[binary, ${bytes.length} bytes: ${hex}${bytes.length > HEX_BYTES ? '...' : ''}]`,
  };
}

function decoderFor(charset: string) {
  try {
    return new TextDecoder(charset);
  } catch (error) {
    if (codeOf(error) === 'ERR_ENCODING_NOT_SUPPORTED') return undefined;
    throw error;
  }
}

/** Text in an undeclared charset has some characters that can't be read; what is no text has many. */
function isBinary(text: string): boolean {
  const strange = text.match(/[\uFFFD]|(?!\s)\p{Cc}/gu)?.length ?? 0;
  return strange > 1 && strange > text.length * 0.3;
}
