import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';

const RECORDER = pathToFileURL(join(import.meta.dirname, 'record-statements.mjs'));
const Recorded = z.object({ database: z.string(), statement: z.string() });
export type RecordedStatement = z.infer<typeof Recorded>;

/** Settings by which services note in this folder what they ask their databases. */
export function recordingInto(folder: string): Record<string, string> {
  mkdirSync(folder, { recursive: true });
  return { NODE_OPTIONS: `--import ${RECORDER}`, STATEMENTS_DIRECTORY: folder };
}

/** Each statement once. */
export function recordedIn(folder: string): RecordedStatement[] {
  const lines = readdirSync(folder).flatMap((file) =>
    readFileSync(join(folder, file), 'utf8').trim().split('\n'),
  );
  return [...new Set(lines)].map((line) => Recorded.parse(JSON.parse(line)));
}
