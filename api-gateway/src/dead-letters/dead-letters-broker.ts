import { Broker } from '@comanda/messaging';

/** The connection on which dead letters are looked through: a long queue must not hold up the orders. */
export class DeadLettersBroker extends Broker {}
