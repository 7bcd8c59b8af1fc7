import { SecretVault } from '@comanda/webhook-publisher';

/** What the simulated webhook-publisher seals with, and others seal for. */
export const VAULT = new SecretVault({ id: 'simulation', key: 'the simulation keeps no secrets' });
