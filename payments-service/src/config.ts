import { commonSettings, databaseUrl, inboxSettings, port } from '@comanda/service-kit';
import { z } from 'zod';
import { ChosenProvider } from './provider/index.js';

/** Both halves are always checked, so that all problems are reported at once. */
export const PaymentsConfig = z.intersection(
  ChosenProvider.transform((provider) => ({ provider })),
  z.object({
    ...commonSettings,
    ...inboxSettings,
    PAYMENTS_PORT: port(3003),
    PAYMENTS_DATABASE_URL: databaseUrl('sqlite:.comanda/data/payments.db'),
  }),
);
export type PaymentsConfig = z.output<typeof PaymentsConfig>;
