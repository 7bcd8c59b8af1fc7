import type { Logger } from '@comanda/kit';

const fail = (fields: object, message: string): never => {
  throw new Error(`${message}: ${JSON.stringify(fields)}`);
};

/** For what must go well: a warning or an error is thrown. */
export const strictLogger: Logger = { debug: () => {}, info: () => {}, warn: fail, error: fail };
