import type { DatabaseName } from '@comanda/contracts';
import type { Installation } from './installation.js';

/** The sum of a metric's samples that have these labels, as a service's first instance counts them now. */
export async function metricOf(
  { platform }: Installation,
  service: DatabaseName,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const page = await (await fetch(`${platform.operatorUrls.get(service)}/metrics`)).text();
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return page
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .filter((line) => wanted.every((pair) => line.includes(pair)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
