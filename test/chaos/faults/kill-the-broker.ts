import { BROKER, serverFault } from '../fault.js';

/** kill -9 of RabbitMQ: only what it had on disk is there when it returns. */
export const killTheBroker = serverFault(BROKER, {
  name: 'kill-the-broker',
  lasts: [0, 6_000],
  harm: ({ rabbit }) => rabbit.kill(),
  heal: ({ rabbit }) => rabbit.start(),
});
