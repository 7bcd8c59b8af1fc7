import { Counter, Gauge, Histogram } from 'prom-client';

/** All that the gateway counts itself; every name in one place. */
export const metrics = {
  requestSeconds: new Histogram({
    name: 'comanda_http_request_seconds',
    help: 'Time from the first byte of a request to the last of its answer.',
    labelNames: ['route', 'method', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 3, 5],
  }),
  liveClients: new Gauge({
    name: 'comanda_live_clients',
    help: 'Streams that are open: of live changes, and of single orders.',
  }),
  providerCalls: new Counter({
    name: 'comanda_payment_provider_calls_total',
    help: 'Signed calls of payment providers by the type of their event; `unread`: not in the form of an event.',
    labelNames: ['provider', 'type'] as const,
  }),
  textReports: new Counter({
    name: 'comanda_text_reports_total',
    help: 'Signed reports of Twilio’s by what became of the text; `other`: states of no interest, and what is no report.',
    labelNames: ['status'] as const,
  }),
  connectionsRefused: new Counter({
    name: 'comanda_http_connections_refused_total',
    help: 'Connections that were more than the gateway bears in all, or from one address.',
    labelNames: ['limit'] as const,
  }),
};
