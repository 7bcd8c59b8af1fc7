import { BROKER, type Fault } from '../fault.js';

export const restartTheBroker: Fault = {
  name: 'restart-the-broker',
  targets: () => [BROKER],
  lasts: [0, 6_000],
  async inject({ installation: { rabbit } }) {
    await rabbit.stop();
    return { heal: () => rabbit.start() };
  },
};
