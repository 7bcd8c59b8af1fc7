import { Command } from 'commander';
import { exitWith } from '../command-line.js';
import { checkAllQueues } from './queues.js';

/** `npm run queues`. */
export function queuesCommand(): Command {
  const queues = new Command('queues').description('the queues on the broker at RABBITMQ_URL');
  queues
    .command('check')
    .description('compare them with how they must be declared')
    .action(async () => exitWith(await checkAllQueues()));
  return queues;
}
