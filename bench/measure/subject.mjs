/**
 * What is measured: the tutorial, the ceiling or Comanda, started and warm enough to take an order.
 * All measurements are written against this, so that each is done the same way on all three.
 *
 * @typedef {object} Subject
 * @property {string} name
 * @property {() => Target} order the request that places one order
 * @property {() => Promise<void>} placeAndAwait places one order and resolves when it is confirmed
 * @property {() => number | Promise<number>} completed how many orders are confirmed by now
 * @property {() => Promise<object>} [settle] waits for what follows a confirmation; tells what it saw
 * @property {() => Promise<void>} stop ends its processes and removes its queues and files
 *
 * @typedef {{ url: string, headers: Record<string, string>, body: string, bodies?: string[] }} Target
 *   `bodies`: sent one after the other instead of always the same
 *
 * @typedef {object} Surroundings
 * @property {string} rabbitUrl
 * @property {string} redisUrl
 * @property {string} directory an empty folder for databases, on the disk that Comanda uses too
 *
 * @typedef {(surroundings: Surroundings) => Promise<Subject>} Start
 */
export {};
