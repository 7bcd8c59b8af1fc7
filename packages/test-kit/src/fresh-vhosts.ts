import { randomUUID } from 'node:crypto';

/** One call of `rabbitmqctl` costs more than the vhosts that it adds. */
const AT_ONCE = 12;

/** Vhosts in which nothing is, each for one who asks. */
export class FreshVhosts {
  #names: string[] = [];
  #adding: Promise<unknown> | undefined;

  constructor(private readonly add: (names: readonly string[]) => Promise<unknown>) {}

  async next(): Promise<string> {
    for (;;) {
      const name = this.#names.pop();
      if (name !== undefined) return name;
      this.#adding ??= this.#more().finally(() => {
        this.#adding = undefined;
      });
      await this.#adding;
    }
  }

  async #more(): Promise<void> {
    const names = Array.from({ length: AT_ONCE }, () => randomUUID());
    await this.add(names);
    this.#names.push(...names);
  }
}
