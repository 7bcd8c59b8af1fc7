/** How many messages are in the queues: waiting (also to be tried again), and dead. */
export { countMessages } from '@comanda/auditor';
