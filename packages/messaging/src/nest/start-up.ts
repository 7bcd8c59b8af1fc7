import { COMMANDS, type CommandType, EVENTS, type EventType, type ServiceName } from '@comanda/contracts';
import { queues } from '../broker/topology.js';

/** All events and commands, with their publishers and consumers. */
export interface Catalogue {
  readonly events: readonly EventType[];
  readonly commands: readonly CommandType[];
}

const CATALOGUE: Catalogue = { events: EVENTS, commands: COMMANDS };

/**
 * Why a service must not start, one line for each reason: it must handle exactly what the catalogue sends it, and each
 * event that it publishes must have consumers, all with a queue that is bound to it.
 */
export function whyNotToStart(
  service: ServiceName,
  handled: readonly string[],
  { events, commands }: Catalogue = CATALOGUE,
): string[] {
  const due = [
    ...events.filter(({ consumers }) => consumers.includes(service)),
    ...commands.filter(({ to }) => to === service),
  ].map(({ type }) => type);
  const published = events.filter(({ publisher }) => publisher === service);
  const withQueue = new Set(queues().map((owner) => owner.service));
  return [
    ...due
      .filter((type) => !handled.includes(type))
      .map((type) => `${service} has no handler for ${type}, which the catalogue sends it`),
    ...handled
      .filter((type) => !due.includes(type))
      .map((type) => `${service} handles ${type}, which the catalogue does not send it`),
    ...published
      .filter(({ consumers }) => consumers.length === 0)
      .map(({ type }) => `${service} publishes ${type}, which has no consumer: no queue is bound to it`),
    ...published.flatMap(({ type, consumers }) =>
      consumers
        .filter((consumer) => !withQueue.has(consumer))
        .map(
          (consumer) =>
            `${service} publishes ${type} to ${consumer}, which has no queue that could be bound to it`,
        ),
    ),
  ];
}

/** The events that a service may publish: a queue is bound to each of them. */
export const publishedBy = (service: ServiceName): ReadonlySet<string> =>
  new Set(EVENTS.filter(({ publisher }) => publisher === service).map(({ type }) => type));
