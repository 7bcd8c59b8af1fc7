import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { commandOf, type Ran } from '../../support/command.js';
import type { Installation } from '../../support/installation.js';

const Report = z.object({
  violations: z.number(),
  missingOrders: z.array(z.string()),
  invariants: z.array(z.object({ id: z.string(), count: z.number() })),
});

/** The operators' commands that a restore takes, on an installation. */
export const operatorsOf = (installation: Installation) => {
  const command = (name: string) => commandOf(installation, name, () => installation.databaseEnvironment);
  return {
    backUp: (directory: string): Promise<string> => done(command('backup')(directory)),
    restore: (directory: string): Promise<string> => done(command('restore')(directory)),
    republish: (): Promise<string> => done(command('restore')('republish')),
    /** What `npm run audit` finds at rest, asked for these orders; `file` is where their list is written. */
    async audit(accepted: Iterable<string>, file: string) {
      writeFileSync(file, [...accepted].join('\n'));
      const { out, err, code } = await command('audit')('--at-rest', '--json', '--accepted', file);
      if (code > 1) throw new Error(`the audit ended with ${code}: ${err}`);
      return { code, ...Report.parse(JSON.parse(out)) };
    },
  };
};

async function done(running: Promise<Ran>): Promise<string> {
  const { code, out, err } = await running;
  if (code !== 0) throw new Error(`the command ended with ${code}: ${err}`);
  return out;
}
