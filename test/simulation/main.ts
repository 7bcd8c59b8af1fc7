import { randomInt } from 'node:crypto';
import { commandOf, type Request, requestOf, USAGE } from './command-line.js';
import { FAULTS } from './faults.js';
import { type History, runHistory } from './history.js';
import { shrink } from './shrink.js';

const LAST_STEPS = 60;

const say = (line: string) => process.stdout.write(`${line}\n`);

/** What was run, in numbers. */
class Tally {
  histories = 0;
  orders = 0;
  steps = 0;
  readonly #faults = new Map<string, number>();
  readonly #ends = new Map<string, number>();
  readonly #began = performance.now();
  readonly #worked = process.cpuUsage();

  get seconds(): number {
    return (performance.now() - this.#began) / 1_000;
  }

  /** Of one core's time: what others do on the machine does not count. */
  get #coreSeconds(): number {
    const { user, system } = process.cpuUsage(this.#worked);
    return (user + system) / 1_000_000;
  }

  add({ orders, steps, struck, ends }: History): void {
    this.histories++;
    this.orders += orders;
    this.steps += steps;
    for (const { fault } of struck) this.#faults.set(fault, (this.#faults.get(fault) ?? 0) + 1);
    for (const [status, count] of Object.entries(ends))
      this.#ends.set(status, (this.#ends.get(status) ?? 0) + count);
  }

  print(): void {
    const rate = Math.round(this.orders / this.#coreSeconds);
    const faults = FAULTS.flatMap((fault) =>
      this.#faults.has(fault) ? [`${fault} ${this.#faults.get(fault)}`] : [],
    );
    say(
      `${this.histories} histories, ${this.orders} orders, ${this.steps} steps in ${this.seconds.toFixed(1)} s: ${rate} orders per second of a core`,
    );
    say(`ends: ${[...this.#ends].map(([status, count]) => `${status} ${count}`).join(', ') || 'none'}`);
    say(`faults: ${faults.join(', ') || 'none'}`);
  }
}

/** @returns the exit code: 1 when an invariant broke, 2 when the arguments are wrong */
async function main(args: readonly string[]): Promise<number> {
  const request = requestOf(args);
  if ('wrong' in request) {
    for (const line of request.wrong) console.error(line);
    console.error(USAGE);
    return 2;
  }
  const first = request.seed ?? randomInt(2 ** 32 - 1);
  say(`seed ${first}`);
  const tally = new Tally();
  const variation = request.mutation ? { variation: request.mutation.variation } : {};
  for (let nth = 0; goesOn(request, tally, nth); nth++) {
    const { orders, only, faults } = request;
    const plan = { seed: (first + nth) % 2 ** 32, orders, faults, ...(only && { only }) };
    const history = await runHistory(plan, variation);
    tally.add(history);
    if (!history.violation) continue;
    tally.print();
    await report(history, request);
    return 1;
  }
  tally.print();
  say('0 violations');
  return 0;
}

const goesOn = ({ end }: Request, { seconds }: Tally, nth: number): boolean =>
  'histories' in end ? nth < end.histories : seconds < end.seconds;

/** The violation, the history in which it happened, and the smallest one in which it still does. */
async function report(history: History, { mutation }: Request): Promise<void> {
  const variation = mutation ? { variation: mutation.variation } : {};
  say(`\nVIOLATION ${history.violation?.message}`);
  say(`replay:  ${commandOf(history.plan, mutation)}`);
  const { plan } = await shrink(history, variation);
  const smallest = await runHistory(plan, { ...variation, trace: true });
  say(`shrunk:  ${commandOf(plan, mutation)}`);
  say(`${smallest.orders} orders, ${smallest.struck.length} faults, ${smallest.steps} steps; its last ones:`);
  for (const line of smallest.trace.slice(-LAST_STEPS)) say(line);
  say(`VIOLATION ${smallest.violation?.message}`);
}

process.exitCode = await main(process.argv.slice(2));
