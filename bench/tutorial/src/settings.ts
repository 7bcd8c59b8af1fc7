/** Set by the driver (`../run.mjs`). */
export const RABBITMQ_URL = required('RABBITMQ_URL');
export const REDIS_URL = required('REDIS_URL');
/** Where each service keeps its SQLite file. */
export const DATA_DIRECTORY = required('DATA_DIRECTORY');

/** The one product that is ordered, with more of it than any run can sell. */
export const PRODUCT = { id: 'coffee', status: 'ACTIVE', quantity: 100_000_000 };

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}
