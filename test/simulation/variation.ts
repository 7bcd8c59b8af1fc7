import type { FastPath, Handler, Transport, WorkKind } from '@comanda/messaging';
import type { PaymentProvider } from '@comanda/payments-service';
import type { Store } from '@comanda/storage';
import type { Reader } from './world/broker.js';

/** What a process of a service stands on. */
export interface Ports {
  readonly transport: Transport;
  readonly store: Store;
  readonly fastPath: FastPath | undefined;
}

/** What is run: the services as they are, or with something put in between, which is how a mutation makes its bug. */
export interface Variation {
  handler(service: Reader, handler: Handler): Handler;
  work(kind: WorkKind): WorkKind;
  provider(provider: PaymentProvider): PaymentProvider;
  ports(ports: Ports): Ports;
}

/** Nothing is put in between. */
export const SOUND: Variation = {
  handler: (_service, handler) => handler,
  work: (kind) => kind,
  provider: (provider) => provider,
  ports: (ports) => ports,
};
