import { setTimeout as pause } from 'node:timers/promises';
import { type Harm, nothingToHeal, type Target } from './fault.js';
import type { Planned } from './plan.js';
import type { Stage } from './stage.js';

/** A service does not come back while another fault keeps the broker down. */
const HEAL_TRIES = 10;

/** Carries a plan out. However slow the machine is, a target has recovered from one fault before the next one. */
export class Havoc {
  /** How often each kind was injected, by its name. */
  readonly injected = new Map<string, number>();
  /** What could not be healed. */
  readonly lasting: string[] = [];
  readonly #startedAt = performance.now();
  readonly #targets = new Map<Target, Promise<void>>();

  constructor(
    private readonly stage: Stage,
    private readonly plan: readonly Planned[],
    private readonly say: (line: string) => void,
  ) {}

  /** Resolves when the whole plan is through, or cut short by the signal, and everything is healed. */
  async run(signal: AbortSignal): Promise<void> {
    for (const planned of this.plan) {
      await this.#until(planned.at, signal);
      if (signal.aborted) break;
      const { target } = planned;
      const before = this.#targets.get(target) ?? Promise.resolve();
      this.#targets.set(
        target,
        before.then(() => this.#carryOut(planned, signal)),
      );
    }
    await Promise.all(this.#targets.values());
  }

  async #carryOut({ fault, target, lasts, random }: Planned, signal: AbortSignal): Promise<void> {
    // It waited for its target until the end of all faults.
    if (signal.aborted) return;
    let harm: Harm;
    try {
      harm = await fault.inject(this.stage, target, random);
    } catch (error) {
      this.say(`${fault.name} could not be done to ${target}: ${firstLine(error)}`);
      return;
    }
    this.injected.set(fault.name, (this.injected.get(fault.name) ?? 0) + 1);
    const detail = harm.detail === undefined ? '' : ` (${harm.detail})`;
    if (harm.heal === nothingToHeal) return this.say(`${fault.name}: ${target}${detail}`);
    this.say(`${fault.name}: ${target}${detail}, for ${(lasts / 1000).toFixed(1)} s`);
    await pause(lasts, undefined, { signal }).catch(() => undefined);
    await this.#heal(`${fault.name}: ${target}`, harm);
  }

  async #heal(what: string, harm: Harm): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await harm.heal();
        return this.say(`${what} is over`);
      } catch (error) {
        this.say(`${what} is not over yet: ${firstLine(error)}`);
        if (tries < HEAL_TRIES) continue;
        this.lasting.push(`${what} could not be healed: ${String(error)}`);
        return;
      }
    }
  }

  #until(at: number, signal: AbortSignal): Promise<void> {
    const left = at - (performance.now() - this.#startedAt);
    return pause(Math.max(left, 0), undefined, { signal }).catch(() => undefined);
  }
}

/** The rest is the end of a log, which is kept anyway. */
const firstLine = (error: unknown): string => String(error).split('\n', 1)[0] ?? '';
