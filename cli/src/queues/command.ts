import { Command } from 'commander';
import { exitWith } from '../command-line.js';
import { checkAllQueues } from './check.js';
import { growQueues, rebalanceQueues } from './mend.js';

/** `npm run queues`. */
export function queuesCommand(): Command {
  const queues = new Command('queues').description('the queues on the broker at RABBITMQ_URL');
  queues
    .command('check')
    .description(
      'compare them with how they must be declared; with RABBITMQ_TOOLS also which nodes have them',
    )
    .action(async () => exitWith(await checkAllQueues()));
  queues
    .command('grow')
    .description('make members on other nodes for those that have too few')
    .action(async () => exitWith(await growQueues()));
  queues
    .command('rebalance')
    .description('spread their leaders over the nodes')
    .action(async () => exitWith(await rebalanceQueues()));
  return queues;
}
