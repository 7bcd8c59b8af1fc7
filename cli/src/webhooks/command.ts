import { DeliveryStatus, Id } from '@comanda/contracts';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { exitWith } from '../command-line.js';
import { onApi } from './api.js';
import { resend, tail } from './tail.js';

interface TailArguments {
  readonly subscription?: string;
  readonly order?: string;
  readonly status?: DeliveryStatus;
  readonly json: boolean;
  readonly lines: number;
}

const MAX_LINES = 100;
const ACCESS = `
It asks the API at COMANDA_URL (http://127.0.0.1:3000) with the key in COMANDA_API_KEY, which needs webhooks:manage; without a
key the staff of a demo on this machine.`;

/** `npm run webhooks`. */
export function webhooksCommand(): Command {
  const webhooks = new Command('webhooks').description('deliveries, as they happen');
  webhooks
    .command('tail')
    .description(
      'show deliveries as they happen; in a terminal also their attempts, and send them again by a key',
    )
    .addOption(new Option('--subscription <id>', 'of this subscription').argParser(idOf))
    .addOption(new Option('--order <id>', 'about this order').argParser(idOf))
    .addOption(new Option('--status <status>', 'that stand so').choices(DeliveryStatus.options))
    .addOption(
      new Option('--lines <number>', 'how many that were there before').argParser(linesOf).default(20),
    )
    .option('--json', 'a JSON object a line', false)
    .addHelpText('after', ACCESS)
    .action(async ({ json, lines, ...filter }: TailArguments) =>
      exitWith(await onApi((api) => tail(api, { filter: filterOf(filter), json, lines }))),
    );
  webhooks
    .command('resend')
    .description('send a delivery again now, also one that has arrived')
    .addArgument(new Argument('<deliveryId>').argParser(idOf))
    .addHelpText('after', ACCESS)
    .action(async (deliveryId: string) => exitWith(await onApi((api) => resend(api, deliveryId))));
  return webhooks;
}

const filterOf = ({ subscription, order, status }: Omit<TailArguments, 'json' | 'lines'>) => ({
  ...(subscription !== undefined && { subscriptionId: subscription }),
  ...(order !== undefined && { orderId: order }),
  ...(status !== undefined && { status }),
});

function idOf(text: string): string {
  if (!Id.safeParse(text).success) throw new InvalidArgumentError('It must be an id, as a UUID.');
  return text;
}

function linesOf(text: string): number {
  const lines = Number(text);
  if (!Number.isInteger(lines) || lines < 0 || lines > MAX_LINES)
    throw new InvalidArgumentError(`It must be a whole number from 0 to ${MAX_LINES}.`);
  return lines;
}
