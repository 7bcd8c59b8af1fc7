import type { DatabaseName } from '@comanda/contracts';
import type { Installation } from './installation.js';
import { until } from './until.js';

/** What a service's first instance says of itself: the status of `/health/ready`, and its body as text. */
async function readiness(
  { platform }: Installation,
  service: DatabaseName,
): Promise<{ status: number; body: string }> {
  const answer = await fetch(`http://127.0.0.1:${platform.ports[service]}/health/ready`);
  return { status: answer.status, body: await answer.text() };
}

/** Waits until a service says that it is not ready, with these words in its reason. */
export async function notReady(comanda: Installation, service: DatabaseName, reason: string): Promise<void> {
  let last = '';
  await until(
    `${service} is not ready: ${reason}; it last said ${last}`,
    async () => {
      const { status, body } = await readiness(comanda, service);
      last = body;
      return status === 503 && body.includes(reason);
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
