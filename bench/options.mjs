import { parseArgs } from 'node:util';

/** Seconds of sustained load; `--quick` is for trying things out, its figures are rough. */
const STANDARD = {
  seconds: 60,
  paceSeconds: 20,
  idleOrders: 250,
  relayEvents: 200_000,
  relayEventsOneByOne: 5_000,
  floodEvents: 40_000,
  isolationSeconds: 20,
  backlogEvents: 100_000,
  turns: 9,
};
const QUICK = {
  seconds: 10,
  paceSeconds: 5,
  idleOrders: 200,
  relayEvents: 50_000,
  relayEventsOneByOne: 2_000,
  floodEvents: 8_000,
  isolationSeconds: 8,
  backlogEvents: 20_000,
  turns: 3,
};

/** Long enough to see what grows. */
const SOAK_SECONDS = 600;
/** So many that the slowest reference is at its best too; with 32 it waits for its own acknowledgements. */
const CONNECTIONS = 128;
const ORDERS_PER_SECOND = 200;
const GROWN_ORDERS = 1_000_000;

export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      databases: { type: 'boolean', default: false },
      reads: { type: 'boolean', default: false },
      grown: { type: 'boolean', default: false },
      orders: { type: 'string' },
      restore: { type: 'boolean', default: false },
      kept: { type: 'boolean', default: false },
      start: { type: 'boolean', default: false },
      soak: { type: 'boolean', default: false },
      streams: { type: 'boolean', default: false },
      webhooks: { type: 'boolean', default: false },
      seconds: { type: 'string' },
      connections: { type: 'string' },
      rate: { type: 'string' },
    },
  });
  const preset = values.quick ? QUICK : STANDARD;
  return {
    ...preset,
    databases: values.databases,
    reads: values.reads,
    grown: values.grown,
    orders: positive('--orders', values.orders) ?? GROWN_ORDERS,
    restore: values.restore,
    kept: values.kept,
    start: values.start,
    soak: values.soak,
    streams: values.streams,
    webhooks: values.webhooks,
    seconds: positive('--seconds', values.seconds) ?? (values.soak ? SOAK_SECONDS : preset.seconds),
    connections: positive('--connections', values.connections) ?? CONNECTIONS,
    perSecond: positive('--rate', values.rate) ?? ORDERS_PER_SECOND,
  };
}

function positive(name, text) {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`${name} must be a whole number above 0`);
  return number;
}
