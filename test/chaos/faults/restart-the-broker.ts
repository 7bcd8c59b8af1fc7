import { BROKER, serverFault } from '../fault.js';

export const restartTheBroker = serverFault(BROKER, {
  name: 'restart-the-broker',
  lasts: [0, 6_000],
  harm: ({ rabbit }) => rabbit.stop(),
  heal: ({ rabbit }) => rabbit.start(),
});
