import { createWriteStream, mkdirSync, mkdtempSync, rmSync, type WriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Installation } from '../support/installation.js';
import type { Fault } from './fault.js';
import { Havoc } from './havoc.js';
import type { Diary } from './load/diary.js';
import { Shop } from './load/shop.js';
import { type Counted, Meters } from './meters.js';
import { planOf } from './plan.js';
import { Random } from './random.js';
import { Repeater } from './repeater.js';
import { type Report, tally } from './report.js';
import type { Scene, Setting } from './scene.js';
import { Stage } from './stage.js';
import { verdictOn } from './verdict.js';

export interface SoakOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly faults: readonly Fault[];
  /** Of each service behind the gateway. */
  readonly instances: number;
  readonly setting: Setting;
  /** How many place orders at the same time. */
  readonly customers: number;
  /** Where databases and logs are kept while it runs, and afterwards if something is wrong. */
  readonly under: string;
  /** Is called with each step as it happens. */
  readonly say: (line: string) => void;
  /** Ends the faults and the load early; everything is checked all the same. */
  readonly signal?: AbortSignal;
  /** How long everything may take to come to rest afterwards. */
  readonly patienceMs?: number;
}

/** The longest step of the retry schedule is 120 s. */
const PATIENCE_MS = 300_000;

/**
 * One soak: a whole installation with several instances of everything under load, faults by the seed, then rest, and
 * everything is checked. The same seed gives the same plan of faults; how the processes interleave is up to the machine.
 */
export async function soak(options: SoakOptions): Promise<Report> {
  const startedAt = performance.now();
  const directory = folderFor(options);
  const story: string[] = [];
  const say = (line: string): void => {
    const at = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(6);
    story.push(`${at} s  ${line}`);
    options.say(story.at(-1) ?? '');
  };
  const logs = new Logs(join(directory, 'logs'));
  say(`starting the servers and ${options.instances} of each service`);
  const scene = await options.setting.open({
    directory,
    instances: options.instances,
    onLine: (process, line) => logs.write(process, line),
  });
  let report: Report;
  try {
    report = await havocOn(scene, options, say);
  } finally {
    await scene.stop();
    await logs.close();
  }
  if (report.violations.length === 0) {
    rmSync(directory, { recursive: true, force: true });
    return report;
  }
  writeFileSync(join(directory, 'story.txt'), [...story, '', ...report.violations, ''].join('\n'));
  return { ...report, kept: directory };
}

async function havocOn(scene: Scene, options: SoakOptions, say: (line: string) => void): Promise<Report> {
  const { installation, urls } = scene;
  const { seed, minutes, faults, customers, patienceMs = PATIENCE_MS } = options;
  const repeater = new Repeater(installation.brokerUrl);
  const stage = new Stage(scene, repeater, say);
  const meters = new Meters(installation.platform);
  try {
    const shop = new Shop(urls, { customers, random: new Random(seed) });
    const plan = planOf({ seed, lengthMs: minutes * 60_000, faults, instances: stage.instances });
    say(`${customers} customers at ${urls.join(' and ')}; ${plan.length} faults to come, seed ${seed}`);
    const havoc = new Havoc(stage, plan, say);
    const signal = options.signal ?? new AbortController().signal;
    const lasting = pause(minutes * 60_000, undefined, { signal }).catch(() => undefined);
    await Promise.all([havoc.run(signal), lasting]);
    say('all is healed; the shop closes');
    await shop.close();
    say('waiting for rest');
    const { violations, books } = await verdictOn(installation, shop.diary, patienceMs);
    await meters.read();
    const counted: Counted = meters.sums;
    return tally({
      options: { ...options, scene: options.setting.name },
      cutShort: signal.aborted,
      havoc,
      diary: shop.diary,
      receiver: installation.witness.receiver,
      repeated: repeater.repeated,
      counted,
      orders: endsOf(installation),
      violations: [...stage.fallen, ...havoc.lasting, ...nothingHappened(shop.diary), ...violations],
      ...(books && { books }),
    });
  } finally {
    stage.curtain();
    meters.stop();
    await repeater.close();
  }
}

/** A soak in which nobody could order shows nothing. */
const nothingHappened = ({ accepted }: Diary): string[] =>
  accepted.size === 0 ? ['no order was accepted'] : [];

const endsOf = (installation: Installation): ReadonlyMap<string, number> =>
  new Map(
    installation
      .rows<{ status: string; n: number }>(
        'orders',
        'SELECT status, count(*) AS n FROM orders GROUP BY status',
      )
      .map(({ status, n }) => [status, n]),
  );

function folderFor({ under, seed }: SoakOptions): string {
  mkdirSync(under, { recursive: true });
  const directory = mkdtempSync(join(under, `comanda-chaos-seed-${seed}-`));
  mkdirSync(join(directory, 'logs'));
  return directory;
}

/** One file for each process, through all its lives. */
class Logs {
  readonly #files = new Map<string, WriteStream>();

  constructor(private readonly directory: string) {}

  write(process: string, line: string): void {
    const file = this.#files.get(process) ?? createWriteStream(join(this.directory, `${process}.log`));
    this.#files.set(process, file);
    file.write(`${line}\n`);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => new Promise((resolve) => file.end(resolve))));
  }
}
