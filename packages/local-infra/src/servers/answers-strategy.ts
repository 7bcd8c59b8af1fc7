import { until } from '@comanda/kit';
import type { WaitStrategy } from 'testcontainers';

/** A container is ready when its server answers as clients ask it. */
export class AnswersStrategy implements WaitStrategy {
  readonly #answers: () => Promise<boolean>;
  #timeoutMs: number;

  constructor(answers: () => Promise<boolean>, timeoutMs: number) {
    this.#answers = answers;
    this.#timeoutMs = timeoutMs;
  }

  async waitUntilReady(container: Parameters<WaitStrategy['waitUntilReady']>[0]): Promise<void> {
    const ready = async (): Promise<boolean> => {
      if (await this.#answers()) return true;
      const { State } = await container.inspect();
      if (!State.Running) throw new Error(`it ended (code ${State.ExitCode})`);
      return false;
    };
    await until('the server in the container answers', ready, { timeoutMs: this.#timeoutMs });
  }

  withStartupTimeout(timeoutMs: number): this {
    this.#timeoutMs = timeoutMs;
    return this;
  }

  isStartupTimeoutSet(): boolean {
    return true;
  }

  getStartupTimeout(): number {
    return this.#timeoutMs;
  }
}
