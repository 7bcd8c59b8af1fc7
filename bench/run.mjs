/**
 * `npm run bench [-- --quick] [-- --seconds 60] [-- --connections 128] [-- --rate 200]`: how fast Comanda is beside the two references
 * (bench/tutorial, bench/ceiling), all on this machine in one run, with a private RabbitMQ and Redis. All three run at the
 * same time and are measured in turns, measure by measure, so that whatever else the machine does in the meantime meets
 * them alike; who is not measured is idle. Or, with one more word:
 *
 * - `--webhooks`: how fast events go out, and whether endpoints that fail delay the others
 * - `--databases`: Comanda on SQLite and on PostgreSQL, for one product and for a thousand
 * - `--reads`: how long reads take beside that of one order's status
 * - `--soak`: the memory that the services take under load, for ten minutes
 * - `--streams`: what a thousand open streams cost, and how long after its event a client hears of it
 * - `--restore [--orders 1000000] [--databases]`: backup and restore of so many orders; the second word adds a PostgreSQL
 * - `--start`: how long a warm `npm start` takes
 * - `--kept`: what it costs to keep what is confirmed for a restore
 * - `--grown [--orders 1000000]`: Comanda on databases that are empty and on such that hold so many orders
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { ensureServerPrograms, startRabbitMq, startRedis } from '@comanda/local-infra';
import { startCeiling } from './ceiling/run.mjs';
import { startComanda } from './comanda/start.mjs';
import { measureDatabases } from './databases/measure.mjs';
import { databasesReport } from './databases/report.mjs';
import { measureGrown } from './grown/measure.mjs';
import { grownReport } from './grown/report.mjs';
import { measureKept } from './kept/measure.mjs';
import { keptReport } from './kept/report.mjs';
import { latencyFigures } from './measure/figures.mjs';
import { idleLatencies } from './measure/idle.mjs';
import { answersAtRate, completedUnderLoad } from './measure/load.mjs';
import { withProcessorTime } from './measure/processor-time.mjs';
import { readOptions } from './options.mjs';
import { measureReads } from './reads/measure.mjs';
import { readsReport } from './reads/report.mjs';
import { measureRelay } from './relay/measure.mjs';
import { report } from './report.mjs';
import { measureRestore } from './restore/measure.mjs';
import { restoreReport } from './restore/report.mjs';
import { measureSoak } from './soak/measure.mjs';
import { soakReport } from './soak/report.mjs';
import { measureStart } from './start/measure.mjs';
import { startReport } from './start/report.mjs';
import { measureStreams } from './streams/measure.mjs';
import { streamsReport } from './streams/report.mjs';
import { startTutorial } from './tutorial/run.mjs';
import { measureWebhooks } from './webhooks/measure.mjs';
import { webhooksReport } from './webhooks/report.mjs';

const STARTS = { tutorial: startTutorial, ceiling: startCeiling, comanda: startComanda };
const RESULTS = resolve(import.meta.dirname, '../.comanda/bench');
const IDLE_TURNS = 5;
const WARM_UP_ORDERS = 100;
const WARM_UP_SECONDS = 5;

const options = readOptions(process.argv.slice(2));
await ensureServerPrograms(say);

mkdirSync(RESULTS, { recursive: true });
// Not in the system's temporary folder: where that is kept in memory, a commit would cost nothing.
const directory = mkdtempSync(join(RESULTS, 'data-'));
const running = [];

// Ctrl-C, or the process that started us is gone: the children end with us, by their own handles.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
process.once('disconnect', () => process.exit(1));
process.once('exit', () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));

try {
  if (options.start) {
    const figures = await measureStart({ directory, say, ...options });
    publish(figures, startReport({ options, figures }));
  } else await measureOrders();
} finally {
  for (const one of running.reverse()) await one.stop();
}
process.exit();

async function measureOrders() {
  const { rabbit, redis } = await startServers();
  if (options.restore) {
    const figures = await measureRestore({ rabbit, redis, directory, running, say, ...options });
    publish(figures, restoreReport({ options, figures }));
  } else if (options.databases) {
    const figures = await measureDatabases({ rabbit, redis, directory, running, say, ...options });
    publish(figures, databasesReport({ options, figures }));
  } else if (options.grown) {
    const figures = await measureGrown({ rabbit, redis, directory, running, say, ...options });
    publish(figures, grownReport({ options, figures }));
  } else if (options.kept) {
    const figures = await measureKept({ rabbit, redis, directory, running, say, ...options });
    publish(figures, keptReport({ options, figures }));
  } else if (options.reads) {
    const figures = await measureReads({ rabbit, redis, directory, running, say, ...options });
    publish(figures, readsReport({ options, figures }));
  } else if (options.soak) {
    const figures = await measureSoak({ rabbit, redis, directory, running, say, ...options });
    publish(figures, soakReport({ options, figures }));
  } else if (options.streams) {
    const figures = await measureStreams({ rabbit, redis, directory, running, say, ...options });
    publish(figures, streamsReport({ options, figures }));
  } else if (options.webhooks) {
    const figures = await measureWebhooks({ rabbit, redis, directory, running, say, ...options });
    publish(figures, webhooksReport({ figures }));
  } else {
    const figures = await measureBesideReferences({ rabbit, redis });
    publish(figures, report({ options, figures }));
  }
}

async function measureBesideReferences({ rabbit, redis }) {
  // Before the services are there, so that nobody else reads from the queue that it fills.
  say('P6, the outbox relay');
  const P6 = await measureRelay({ rabbitUrl: rabbit.url, directory, ...options });
  return { ...(await measureAll(await startAll({ rabbit, redis }))), P6 };
}

function publish(figures, text) {
  const file = join(RESULTS, `${new Date().toISOString().replaceAll(':', '-')}.json`);
  writeFileSync(file, `${JSON.stringify({ ...machine(), options, figures }, null, 2)}\n`);
  process.stdout.write(`\n${text}\nAlso in ${file}\n`);
}

async function startServers() {
  say('Starting RabbitMQ and Redis');
  const rabbit = await startRabbitMq({ directory: join(directory, 'rabbitmq') });
  running.push({ stop: () => rabbit.discard() });
  const redis = await startRedis({ directory: join(directory, 'redis') });
  running.push({ stop: () => redis.discard() });
  return { rabbit, redis };
}

async function startAll({ rabbit, redis }) {
  const subjects = {};
  for (const [name, start] of Object.entries(STARTS)) {
    say(`Starting ${name}`);
    const data = join(directory, name);
    mkdirSync(data);
    subjects[name] = await start({ rabbitUrl: rabbit.url, redisUrl: redis.url, directory: data });
    running.push(subjects[name]);
  }
  return subjects;
}

async function measureAll(subjects) {
  const { seconds, connections, perSecond, paceSeconds } = options;
  await inTurn(subjects, 'warming up', (subject) => idleLatencies(subject, WARM_UP_ORDERS));
  const P2 = await idle(subjects);
  const P3 = await inTurn(subjects, `P3, ${perSecond} orders a second for ${paceSeconds} s`, (subject) =>
    answersAtRate(subject, { perSecond, seconds: paceSeconds }),
  );
  await inTurn(subjects, 'warming up under load', (subject) =>
    completedUnderLoad(subject, { seconds: WARM_UP_SECONDS, connections }),
  );
  const P1 = await inTurn(subjects, `P1, ${connections} connections for ${seconds} s`, (subject) =>
    withProcessorTime(() => completedUnderLoad(subject, { seconds, connections })),
  );
  return { P1, P2, P3 };
}

/** Many short turns: idle latencies are so small that a passing disturbance must not fall to one alone. */
async function idle(subjects) {
  const all = Object.fromEntries(Object.keys(subjects).map((name) => [name, []]));
  const perTurn = Math.ceil(options.idleOrders / IDLE_TURNS);
  for (let turn = 1; turn <= IDLE_TURNS; turn += 1) {
    const latencies = await inTurn(subjects, `P2, turn ${turn} of ${IDLE_TURNS}`, (subject) =>
      idleLatencies(subject, perTurn),
    );
    for (const [name, values] of Object.entries(latencies)) all[name].push(...values);
  }
  return Object.fromEntries(Object.entries(all).map(([name, values]) => [name, latencyFigures(values)]));
}

async function inTurn(subjects, what, measure) {
  const results = {};
  for (const [name, subject] of Object.entries(subjects)) {
    say(`${what}: ${name}`);
    results[name] = await measure(subject);
  }
  return results;
}

function machine() {
  return {
    at: new Date().toISOString(),
    node: process.version,
    processor: cpus()[0]?.model,
    cores: cpus().length,
  };
}

function say(message) {
  process.stderr.write(`${message}\n`);
}
