import { readFileSync } from 'node:fs';

/** Whom a process runs as. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const USERS = ['postgres', 'nobody'];

/** Another user for programs that refuse to run as root; `undefined` when we are not root. */
export function unprivilegedOwner(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const known = new Map(
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name = '', , uid, gid]) => [name, { uid: Number(uid), gid: Number(gid) }]),
  );
  const user = USERS.find((name) => known.has(name));
  const owner = user === undefined ? undefined : known.get(user);
  if (!owner) throw new Error(`root needs one of the users ${USERS.join(', ')} to run PostgreSQL as`);
  return owner;
}
