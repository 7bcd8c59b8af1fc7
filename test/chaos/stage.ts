import { describeExit, type ManagedProcess } from '@comanda/local-infra';
import type { Installation } from '../support/installation.js';
import type { Repeater } from './repeater.js';
import type { Scene } from './scene.js';
import type { Machines } from './scenes/machines.js';

/** The scene as the faults see it: instances that can be felled, and an eye on those that fall by themselves. */
export class Stage {
  /** Processes whose end was our doing. */
  readonly #felled = new WeakSet<ManagedProcess>();
  readonly #fallen: string[] = [];

  constructor(
    private readonly scene: Scene,
    readonly repeater: Repeater,
    private readonly note: (line: string) => void,
  ) {
    for (const name of this.instances) this.#watch(name);
  }

  get installation(): Installation {
    return this.scene.installation;
  }

  /** What only a scene with several machines has. */
  get machines(): Machines {
    if (!this.scene.machines) throw new Error('all of this scene is one machine');
    return this.scene.machines;
  }

  get instances(): readonly string[] {
    return [...this.installation.platform.services.keys()];
  }

  /** Instances that ended though nobody had ended them, with their last words. */
  get fallen(): readonly string[] {
    return this.#fallen;
  }

  async kill(instance: string): Promise<void> {
    this.#felled.add(this.#process(instance));
    await this.installation.platform.kill(instance);
  }

  /** SIGTERM; one that does not end within its grace is logged and killed. */
  async stop(instance: string): Promise<void> {
    this.#felled.add(this.#process(instance));
    const status = await this.installation.platform.stopOne(instance);
    if (status?.code !== 0) this.note(`${instance} did not stop in order: ${status && describeExit(status)}`);
  }

  async start(instance: string): Promise<void> {
    if (this.#process(instance).running) return;
    await this.installation.platform.start(instance);
    this.#watch(instance);
  }

  signal(instance: string, signal: NodeJS.Signals): void {
    if (!this.#process(instance).kill(signal)) throw new Error(`${instance} is not running`);
  }

  /** From now on all may end. */
  curtain(): void {
    for (const name of this.instances) this.#felled.add(this.#process(name));
  }

  #process(instance: string): ManagedProcess {
    const process = this.installation.platform.services.get(instance);
    if (!process) throw new Error(`there is no instance ${instance}`);
    return process;
  }

  #watch(instance: string): void {
    const watched = this.#process(instance);
    void watched.exited.then((status) => {
      if (this.#felled.has(watched)) return;
      const last = watched.tail(5).join('\n  ');
      this.#fallen.push(`${instance} ended by itself (${describeExit(status)}):\n  ${last}`);
    });
  }
}
