import { existsSync, writeFileSync } from 'node:fs';
import { ConfigurationError, readSettings } from '@comanda/service-kit';
import { CommanderError } from 'commander';
import { z } from 'zod';
import { templatesDir } from './config.js';
import { templatesProgram } from './templates/program.js';
import { Templates } from './templates/template-files.js';

const [WRONG, NOT_POSSIBLE] = [1, 2];

/** `npm run templates`: a program of its own, so that a container of the service has it as well. */
function main(args: readonly string[]): number {
  const program = templatesProgram({
    readTemplates() {
      // Variables that are set already win over the file, as in `npm start`.
      if (existsSync('.env')) process.loadEnvFile('.env');
      return Templates.read(readSettings(z.object(templatesDir), process.env).TEMPLATES_DIR);
    },
    print: (text) => void process.stdout.write(`${text}\n`),
    writeFile: (path, text) => writeFileSync(path, text),
  });
  try {
    program.parse(args, { from: 'user' });
    return 0;
  } catch (error) {
    // commander has said it already; help is no error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : NOT_POSSIBLE;
    console.error(error instanceof ConfigurationError ? error.message : error);
    return error instanceof ConfigurationError ? WRONG : NOT_POSSIBLE;
  }
}

process.exitCode = main(process.argv.slice(2));
