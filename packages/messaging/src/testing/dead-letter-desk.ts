import { RecordingLogger, rabbitUrl } from '@comanda/test-kit';
import { Broker } from '../broker/broker.js';
import { DeadLetters, type DeadLettersOptions } from '../dead-letters/dead-letters.js';

/** Somebody who looks at dead letters, on a connection of their own. */
export class Desk {
  readonly log = new RecordingLogger();
  readonly broker: Broker;
  readonly letters: DeadLetters;

  constructor(options: Partial<DeadLettersOptions> = {}) {
    this.broker = new Broker(rabbitUrl(), 'desk', this.log);
    this.letters = new DeadLetters(this.broker, { replayDays: 14, logger: this.log, ...options });
  }

  static async open(options: Partial<DeadLettersOptions> = {}): Promise<Desk> {
    const desk = new Desk(options);
    await desk.letters.ready();
    return desk;
  }
}

export async function collect<T>(generator: AsyncGenerator<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of generator) all.push(one);
  return all;
}
