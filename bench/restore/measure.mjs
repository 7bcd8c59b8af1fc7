import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { DATABASE_OWNERS } from '@comanda/contracts';
import { startPlatform, startPostgres } from '@comanda/local-infra';
import { CONFIGURATION, startComanda } from '../comanda/start.mjs';
import { grow } from '../grown/grow.mjs';
import { vhost } from '../measure/vhost.mjs';
import { fillPostgres } from './fill-postgres.mjs';

const COMMANDS = resolve(import.meta.dirname, '../../cli/dist/main.js');
const run = promisify(execFile);
/** Who restores them sees no difference between copies. */
const SAMPLE_ORDERS = 100;

/**
 * How long it takes to back up and to restore databases that hold so many orders, by the operators' commands: SQLite files, and
 * with `databases` a PostgreSQL as well. What is restored is ready when its services are.
 *
 * @param surroundings servers, an empty folder, and `running`, which takes whatever is to be stopped at the end
 */
export async function measureRestore(surroundings) {
  const { rabbit, redis, directory, running, say, orders, databases } = surroundings;
  const files = join(directory, 'files');
  mkdirSync(files);
  const rabbitUrl = await vhost(rabbit, 'files');
  const first = await startComanda({ rabbitUrl, redisUrl: redis.url, directory: files });
  running.push(first);
  const growth = await grow(first, { directory: files, rabbitUrl, orders, say, sampleOrders: SAMPLE_ORDERS });
  running.splice(running.indexOf(first), 1);
  const urlsIn = (folder) => settingsFor((owner) => `sqlite:${join(folder, owner.database.file)}`);
  const restored = join(directory, 'restored');
  const figures = {
    growth,
    sqlite: await backUpAndRestore(urlsIn(files), () => urlsIn(restored), surroundings),
  };
  rmSync(restored, { recursive: true });
  if (!databases) return figures;

  // Started by root it runs as another user, who must be able to get there.
  chmodSync(directory, 0o755);
  const postgres = await startPostgres({ directory: join(directory, 'server'), fsync: true });
  running.push({ stop: () => postgres.discard() });
  const settings = settingsFor(({ alias }) => `${postgres.url}?schema=${alias}`);
  await startAndStop(settings, surroundings);
  await fillPostgres(postgres, files, say);
  const lose = async () => {
    for (const { alias } of DATABASE_OWNERS) await postgres.admin(`DROP SCHEMA ${alias} CASCADE`);
    return settings;
  };
  return { ...figures, postgres: await backUpAndRestore(settings, lose, surroundings) };
}

/** @param lose makes what the backup is restored to; resolves with the settings of that */
async function backUpAndRestore(settings, lose, surroundings) {
  const { directory, say } = surroundings;
  const folder = join(directory, 'backup');
  say('npm run backup');
  const backupSeconds = await seconds(() => command(settings, 'backup', folder));
  const bytes = readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
  const target = await lose();
  say('npm run restore');
  const restoreSeconds = await seconds(() => command(target, 'restore', folder));
  const readySeconds = await seconds(() => startAndStop(target, surroundings));
  rmSync(folder, { recursive: true });
  return { bytes, backupSeconds, restoreSeconds, readySeconds };
}

const command = (settings, ...args) =>
  run(process.execPath, [COMMANDS, ...args], { env: { ...process.env, ...settings } });

async function startAndStop(settings, { rabbit, redis, directory }) {
  const rabbitUrl = await vhost(rabbit, `v${performance.now()}`);
  const env = { ...CONFIGURATION, ...settings };
  const platform = await startPlatform({
    directory,
    rabbitUrl,
    redisUrl: redis.url,
    env,
    readyTimeoutMs: 600_000,
  });
  await platform.stop();
}

const settingsFor = (urlOf) =>
  Object.fromEntries(DATABASE_OWNERS.map((owner) => [owner.database.variable, urlOf(owner)]));

async function seconds(work) {
  const started = performance.now();
  await work();
  return Math.round((performance.now() - started) / 100) / 10;
}
