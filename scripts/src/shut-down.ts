import { say } from './terminal.js';

type Stop = () => Promise<unknown>;

interface Part {
  readonly what: string;
  readonly stop: Stop;
}

/** Everything that must be ended, in order, however much had been started when the stop was requested. */
export interface ShutDown {
  /** Ended first: what takes in new work and still needs all the rest. */
  endFirst(what: string, stop: Stop): void;
  /** Ended next: what the first ones talk to until their end. */
  endNext(what: string, stop: Stop): void;
  /** Ended last: what everybody stands on. */
  endLast(what: string, stop: Stop): void;
  /** Ends all that was registered; true when every part ended as it should. */
  run(): Promise<boolean>;
}

export function createShutDown(): ShutDown {
  const stages: [Part[], Part[], Part[]] = [[], [], []];
  return {
    endFirst: (what, stop) => void stages[0].push({ what, stop }),
    endNext: (what, stop) => void stages[1].push({ what, stop }),
    endLast: (what, stop) => void stages[2].push({ what, stop }),
    run: async () => {
      let clean = true;
      for (const parts of stages) {
        const results = await Promise.allSettled(parts.map(({ stop }) => stop()));
        for (const [index, result] of results.entries()) {
          if (result.status === 'fulfilled') continue;
          clean = false;
          say(`Could not stop ${parts[index]?.what}: ${String(result.reason)}`);
        }
      }
      return clean;
    },
  };
}
