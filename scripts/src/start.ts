import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf } from '@comanda/kit';
import pc from 'picocolors';
import { bannerLines } from './banner.js';
import { runDemo } from './demo.js';
import { launch } from './launch.js';
import { runUntilStopped } from './run-until-stopped.js';
import { print, say } from './terminal.js';

/** `npm start`: the whole platform on this machine, with demo data and one sample order, until Ctrl-C. */
function main(root: string): Promise<number> {
  const since = performance.now();
  return runUntilStopped(async (shutDown, stop) => {
    const launched = await launch(root, process.env, shutDown);
    if (stop.received) return;
    say(`Every service is ready after ${seconds(since)}`);
    await runDemo(launched).catch((error: unknown) => {
      if (!stop.received) say(pc.red(`The sample order failed: ${messageOf(error)}. The platform stays up.`));
    });
    if (stop.received) return;
    const lines = bannerLines({ ...launched, telegramUrl: launched.telegram?.url });
    for (const line of lines) print(line);
  });
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

const repository = resolve(import.meta.dirname, '../..');
// `npm start -- folder` runs the services of another folder, and keeps the data there.
const root = resolve(process.argv[2] ?? repository);
const settings = resolve(root, '.env');
// Variables that are set already win over the file.
if (existsSync(settings)) process.loadEnvFile(settings);
// Exits by itself, whatever was still on its way up when the wish to stop came; such children are killed with us.
process.exit(await main(root));
