import type { Installation } from '../support/installation.js';
import type { Machines } from './scenes/machines.js';

/** Where a soak takes place. */
export interface Scene {
  readonly installation: Installation;
  /** Where clients send their requests. */
  readonly urls: readonly string[];
  /** What there is besides where each part has several machines. */
  readonly machines?: Machines;
  stop(): Promise<void>;
}

export interface SceneOptions {
  /** Of each service behind the gateway. */
  readonly instances: number;
  readonly directory: string;
  readonly onLine: (process: string, line: string) => void;
}

/** A kind of scene, and how it is set. */
export interface Setting {
  /** As reports call it. */
  readonly name: string;
  open(options: SceneOptions): Promise<Scene>;
}

/** The settings of all services. */
export const ENVIRONMENT = {
  LOG_LEVEL: 'info',
  // At times longer than a client waits before it cancels.
  PAYMENT_SIM_LATENCY_MS: '10-1500',
  // Short enough to run out while a service is down.
  RESERVATION_TTL_SECONDS: '20',
  // Far more tries than a fault of the endpoint can use up, so that every event arrives in the end.
  WEBHOOK_RETRY_SECONDS: ['1', '1', ...Array.from({ length: 100 }, () => '2')].join(),
};

/** So many gateways, and so many of each service behind them. */
export const instancesOf = (gateways: number, others: number) => ({
  gateway: gateways,
  products: others,
  orders: others,
  payments: others,
  webhooks: others,
});

export const urlsOfGateways = ({ platform }: Installation): string[] =>
  [...platform.urls].filter(([name]) => name.startsWith('gateway')).map(([, url]) => url);
