import { pc } from './colours.js';

/** Writes one line for people. */
export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** A line of the launcher itself, told apart from those of the services. */
export function say(line: string): void {
  print(`${pc.bold(pc.cyan('comanda'))} ${line}`);
}
