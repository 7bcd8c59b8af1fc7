import { ensureNginx, ensurePostgres, ensureServerPrograms } from '@comanda/local-infra';

/** Where the commands of long runs say how far they are; what they found goes to standard output. */
export const say = (line) => process.stderr.write(`${line}\n`);

/**
 * What the command line asks for. Says what is wrong with it, and ends the process with 2, when it can't be read.
 *
 * @template Options
 * @param {(args: string[]) => Options} read throws an error with one line for each problem
 * @returns {Options}
 */
export function optionsOrEnd(read) {
  try {
    return read(process.argv.slice(2));
  } catch (error) {
    say(error.message);
    process.exit(2);
  }
}

/** Brings all the servers that a run on several machines needs, or ends the process with what is lacking. */
export async function allServersOrEnd() {
  await ensureServerPrograms(say);
  for (const lacking of [await ensurePostgres(say), await ensureNginx(say)]) {
    if (lacking === undefined) continue;
    say(lacking);
    process.exit(1);
  }
}
