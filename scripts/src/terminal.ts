import pc from 'picocolors';

/** Writes one line for people. Colours are left out by picocolors when NO_COLOR is set or nobody looks. */
export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** A line of the launcher itself, told apart from those of the services. */
export function say(line: string): void {
  print(`${pc.bold(pc.cyan('comanda'))} ${line}`);
}
