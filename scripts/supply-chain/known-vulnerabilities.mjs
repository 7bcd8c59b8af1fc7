// Asks npm's registry for known vulnerabilities of the packages that run in production; part of `npm test`.
// Exits with 1 when it knows one that is high or critical, or when npm can't read what is locked.
// A registry that gives no answer (offline, or one without this service) says nothing about the packages: one line.
import { join } from 'node:path';
import { complaint, npm } from '../bootstrap/npm.mjs';

const ROOT = join(import.meta.dirname, '..', '..');
const STOPPING = ['high', 'critical'];

const { output } = await npm(
  [
    'audit',
    '--json',
    '--omit=dev',
    // npm writes nothing but its report.
    '--loglevel=silent',
    // With `offline` set npm asks nobody, and reports that all is well.
    '--offline=false',
    '--fetch-retries=0',
    '--fetch-timeout=30000',
  ],
  ROOT,
);
const report = read(output);

if (report.vulnerabilities !== undefined) {
  const found = Object.values(report.vulnerabilities);
  const stopping = found.filter(({ severity }) => STOPPING.includes(severity));
  for (const { name, range, severity, via } of stopping)
    console.error([`${name}, ${range || 'any version'}: ${severity}`, ...via.map(cause)].join('\n  '));
  console.error(
    `${stopping.length} of the packages in production have a known vulnerability that is high or critical; ` +
      `${found.length - stopping.length} have a lesser one (npm audit --omit=dev).`,
  );
  process.exitCode = stopping.length === 0 ? 0 : 1;
} else if (report.message !== undefined) {
  console.error(`The registry could not be asked for known vulnerabilities: ${report.message}`);
} else {
  console.error(`npm could not check the locked packages: ${report.error?.summary ?? complaint(output)}`);
  process.exitCode = 1;
}

/** A package has a vulnerability of its own, or by a package that it needs. */
function cause(via) {
  return typeof via === 'string' ? `by ${via}` : `${via.title} (${via.url})`;
}

/** npm's report; what is not JSON has nothing to read. */
function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
