import type { DatabaseName } from '@comanda/contracts';
import type { Installation } from './installation.js';
import { until } from './until.js';

/** What a service's first instance says to operators: the status of `/health/ready`, and why, as text. */
async function readiness(
  { platform }: Installation,
  service: DatabaseName,
): Promise<{ status: number; details: string }> {
  const url = platform.operatorUrls.get(service);
  const ready = await fetch(`${url}/health/ready`);
  const readiness = await ready.text();
  // Anyone who reaches the port may ask this one: no reason, no host, no role.
  if (/message|reason|\d+\.\d+\.\d+\.\d+/.test(readiness))
    throw new Error(`${service} tells strangers ${readiness}`);
  return { status: ready.status, details: await (await fetch(`${url}/health/detailed`)).text() };
}

/** Waits until a service says that it is not ready, with these words in its reason. */
export async function notReady(comanda: Installation, service: DatabaseName, reason: string): Promise<void> {
  let last = '';
  await until(
    `${service} is not ready: ${reason}; it last said ${last}`,
    async () => {
      const { status, details } = await readiness(comanda, service);
      last = details;
      return status === 503 && details.includes(reason);
    },
    { everyMs: 20 },
  );
}

export async function readyAgain(comanda: Installation, service: DatabaseName): Promise<void> {
  await until(`${service} is ready`, async () => (await readiness(comanda, service)).status === 200);
}

/** The lines with these words among the last ones of a service's log. */
export const linesWith = ({ platform }: Installation, instance: string, text: string): string[] =>
  platform.services
    .get(instance)
    ?.tail(200)
    .filter((line) => line.includes(text)) ?? [];
