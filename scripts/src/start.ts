import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf } from '@comanda/kit';
import { bannerLines } from './banner.js';
import { pc } from './colours.js';
import { runDemo } from './demo.js';
import { launch } from './launch.js';
import { createPage } from './page.js';
import { runUntilStopped } from './run-until-stopped.js';
import { START_HELP, type StartOptions, startOptions } from './start-options.js';
import { print } from './terminal.js';

const root = resolve(import.meta.dirname, '../..');

/** `npm start`: the whole platform on this machine, with demo data and one sample order, until Ctrl-C. */
function run({ logs, data = '.comanda', ownServers }: StartOptions): Promise<number> {
  // A line that is written in place would end up between the lines of the log.
  const page = logs ? createPage(process.stdout, false) : createPage(process.stdout);
  const dataDirectory = resolve(root, data);
  return runUntilStopped(async (shutDown, stop) => {
    page.line(`${pc.bold('Comanda')} comes up: five services, an auditor, and what they stand on`);
    const { env } = process;
    const launched = await launch({ root, dataDirectory, env, page, shutDown, allLogs: logs, ownServers });
    if (stop.received) return;
    const auditing = launched.startAuditor();
    await runDemo(launched, page).catch((error: unknown) => {
      if (!stop.received)
        page.line(pc.red(`The sample order failed: ${messageOf(error)}. The platform stays up.`));
    });
    await page.step('Auditor', async (say) => {
      await auditing;
      say('has read all books');
    });
    if (stop.received) return;
    for (const line of bannerLines({ ...launched, telegramUrl: launched.telegram?.url })) page.line(line);
  });
}

async function main(args: readonly string[]): Promise<number> {
  let options: StartOptions;
  try {
    options = startOptions(args);
  } catch (error) {
    console.error(messageOf(error));
    return 2;
  }
  if (options.help) {
    print(START_HELP);
    return 0;
  }
  const settings = resolve(root, '.env');
  // Variables that are set already win over the file.
  if (existsSync(settings)) process.loadEnvFile(settings);
  return run(options);
}

// Exits by itself, whatever was still on its way up when the wish to stop came; such children are killed with us.
process.exit(await main(process.argv.slice(2)));
