import { BROKER, type Fault, nothingToHeal } from '../fault.js';

/** The broker throws everybody out; all must come back by themselves. */
export const closeAllConnections: Fault = {
  name: 'close-all-connections',
  targets: () => [BROKER],
  lasts: [0, 1_000],
  async inject({ installation: { rabbit } }) {
    await rabbit.ctl('close_all_connections', 'chaos');
    return { heal: nothingToHeal };
  },
};
