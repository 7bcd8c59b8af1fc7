import { parseArgs } from 'node:util';
import { messageOf } from '@comanda/kit';

export interface StartOptions {
  /** Show every line that the services log. */
  readonly logs: boolean;
  /** Where databases, servers and the log file are kept. */
  readonly data: string | undefined;
  /** Start RabbitMQ and Redis of our own, also where some listen on this machine. */
  readonly ownServers: boolean;
  readonly help: boolean;
}

export const START_HELP = `npm start [-- options]: the whole platform on this machine, until Ctrl-C

  --logs           show all that the services log, not only what warns or fails
  --data <folder>  keep all data and the log file there; .comanda when left out
  --own-servers    start RabbitMQ and Redis, also where some are there already
  --help           this text`;

/** @throws Error with one line when an option is unknown or lacks its value */
export function startOptions(args: readonly string[]): StartOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        logs: { type: 'boolean', default: false },
        data: { type: 'string' },
        'own-servers': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const { logs, data, help } = values;
    return { logs, data, ownServers: values['own-servers'], help };
  } catch (error) {
    // The problem alone: without its code before it, and advice on positional arguments after it.
    const [, problem] = /^(?:\w+ \[\w+\]: )?([^.]+)/.exec(messageOf(error)) ?? [];
    throw new Error(`${problem}: see npm start -- --help`);
  }
}
