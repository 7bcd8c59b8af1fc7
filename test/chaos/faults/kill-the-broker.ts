import { BROKER, type Fault } from '../fault.js';

/** kill -9 of RabbitMQ: only what it had on disk is there when it returns. */
export const killTheBroker: Fault = {
  name: 'kill-the-broker',
  targets: () => [BROKER],
  lasts: [0, 6_000],
  async inject({ installation: { rabbit } }) {
    await rabbit.kill();
    return { heal: () => rabbit.start() };
  },
};
