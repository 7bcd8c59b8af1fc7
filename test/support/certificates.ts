import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Files, in PEM. */
export interface Certificates {
  /** The authority that signed the server's certificate. */
  readonly ca: string;
  /** Another one, which signed nothing of ours. */
  readonly otherCa: string;
  readonly certificate: string;
  /** The same, over since yesterday. */
  readonly expired: string;
  readonly key: string;
}

/**
 * Makes a certificate for a server that is called by this name alone, by an authority of our own.
 *
 * @param days for how long it is valid
 */
export function makeCertificates(folder: string, host: string, days = 30): Certificates {
  const file = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  for (const name of ['ca', 'other-ca'])
    openssl(
      'req',
      '-x509',
      ...KEY,
      '-keyout',
      file(`${name}.key`),
      '-out',
      file(`${name}.pem`),
      '-subj',
      `/CN=${name}`,
    );
  openssl('req', ...KEY, '-keyout', file('server.key'), '-out', file('server.csr'), '-subj', `/CN=${host}`);
  writeFileSync(file('names'), `subjectAltName=DNS:${host}\n`);
  for (const [name, validDays] of [
    ['server', days],
    ['expired', -1],
  ] as const)
    openssl(
      ...['x509', '-req', '-in', file('server.csr'), '-CA', file('ca.pem'), '-CAkey', file('ca.key')],
      ...[
        '-CAcreateserial',
        '-days',
        String(validDays),
        '-extfile',
        file('names'),
        '-out',
        file(`${name}.pem`),
      ],
    );
  return {
    ca: file('ca.pem'),
    otherCa: file('other-ca.pem'),
    certificate: file('server.pem'),
    expired: file('expired.pem'),
    key: file('server.key'),
  };
}
