import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { perDatabase } from '@comanda/contracts';
import { ensureRabbitMqProgram, startRabbitMqCluster } from '@comanda/local-infra';
import { Api } from '../support/api.js';
import { BooksWrong, checkBooks } from '../support/books.js';
import { Installation } from '../support/installation.js';
import { Load, type Refusal } from '../support/load.js';
import { Acceptance, percentile } from './acceptance.js';
import { killNodes, otherFaults, type Scene, type Struck } from './cluster-faults.js';
import { gatewaysOf } from './edge.js';
import type { LoadOptions } from './options.js';

/** For so long nothing may be accepted when one node dies. */
const PAUSE_MS = 1_000;
/** A client orders so often at most. */
const ORDERS_A_SECOND = 4;

/**
 * Three brokers lose nodes in every way, while customers order at this rate at three gateways, for these minutes at least.
 *
 * @returns what went wrong, one line each
 */
export async function clusterDrill(
  { minutes, rate, instances }: LoadOptions,
  say: (line: string) => void,
): Promise<string[]> {
  const lacking = await ensureRabbitMqProgram(say);
  if (lacking !== undefined) return [lacking];
  const endsAt = Date.now() + minutes * 60_000;
  const directory = mkdtempSync(join(tmpdir(), 'comanda-drill-'));
  say(`starting three brokers, and ${instances} of each service on one PostgreSQL`);
  const cluster = await startRabbitMqCluster({ directory });
  const installation = new Installation();
  let load: Load | undefined;
  try {
    await installation.start({
      broker: { url: cluster.url },
      onPostgres: true,
      // As in production: nobody waits for what is only asked beforehand.
      env: { PRODUCT_LOOK_UP_MS: '100' },
      instances: perDatabase(() => instances),
    });
    const acceptance = new Acceptance();
    const clients = Math.ceil(rate / ORDERS_A_SECOND);
    load = Load.start(installation, {
      clients,
      pauseMs: (1_000 * clients) / rate,
      customers: gatewaysOf(installation).map(
        (name) => new Api(installation.platform.urls.get(name) ?? '', installation.customer.token),
      ),
      onAccepted: (waitedMs) => acceptance.note(waitedMs),
    });
    const all: Struck[] = [];
    const scene: Scene = { cluster, load, acceptance, between: Math.max(20, 2 * rate) };
    const through = async (faults: AsyncGenerator<Struck>): Promise<void> => {
      for await (const one of faults) {
        all.push(one);
        say(lineOf(one));
      }
    };
    await through(killNodes(scene));
    await through(otherFaults(scene));
    while (Date.now() < endsAt) await through(killNodes(scene));
    await load.stop();
    const wrong = await wrongInBooks(installation, load);
    const pauses = all.filter(({ judged }) => judged).map(({ away }) => away.pauseMs);
    const p99 = percentile(
      pauses.toSorted((one, other) => one - other),
      99,
    );
    say(`${load.accepted.size} orders accepted, ${load.refusals.length} refused with 503`);
    say(`p99 of ${pauses.length} pauses when one node dies: ${seconds(p99)}`);
    return [
      ...all.flatMap(({ fault, violation }) => (violation === undefined ? [] : [`${fault}: ${violation}`])),
      ...load.surprises,
      ...wrong,
      ...load.refusals.filter((one) => !saysWhenToComeBack(one)).map((one) => JSON.stringify(one)),
      ...(p99 > PAUSE_MS ? [`p99 of the pauses is ${seconds(p99)}, and may be ${seconds(PAUSE_MS)}`] : []),
    ];
  } finally {
    await load?.stop();
    await installation.stop();
    await cluster.discard();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** One line for each entry: what clients were answered stands beside it. */
async function wrongInBooks(
  installation: Installation,
  { accepted, perhaps }: Load,
): Promise<readonly string[]> {
  try {
    await checkBooks(installation, { accepted: [...accepted.keys()], perhaps: [...perhaps.keys()] });
    return [];
  } catch (error) {
    if (error instanceof BooksWrong) return error.entries;
    throw error;
  }
}

const saysWhenToComeBack = ({ contentType, retryAfter }: Refusal): boolean =>
  contentType?.includes('problem+json') === true && Number(retryAfter) > 0;

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;

const lineOf = ({ fault, refused, away, back }: Struck): string =>
  [
    `${fault}: nothing accepted for ${seconds(away.pauseMs)}`,
    `slowest order ${seconds(away.slowestMs)}`,
    `p99 ${seconds(away.p99Ms)}`,
    `coming back: ${seconds(back.pauseMs)}`,
    `${refused} refused`,
    `${away.accepted + back.accepted} accepted`,
  ].join(', ');
