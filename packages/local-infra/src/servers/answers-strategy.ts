import type { WaitStrategy } from 'testcontainers';
import { poll } from '../poll.js';

const POLL_MS = 100;

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
    await poll(ready, {
      what: 'the server in the container answers',
      timeoutMs: this.#timeoutMs,
      everyMs: POLL_MS,
    });
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
