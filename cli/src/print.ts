import { oneLine, plainJson } from '@comanda/contracts';

/** Writes one line of output, whatever strangers wrote into it. */
export function print(line: string): void {
  process.stdout.write(`${oneLine(line)}\n`);
}

/** Says in one line why something was not done. */
export function printError(line: string): void {
  console.error(oneLine(line));
}

/** Writes a value as JSON, in one line or indented. */
export function printJson(value: unknown, indent?: number): void {
  process.stdout.write(`${plainJson(JSON.stringify(value, null, indent))}\n`);
}
