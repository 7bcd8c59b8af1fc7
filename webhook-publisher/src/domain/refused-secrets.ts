import { refuse } from '@comanda/contracts';

/** A channel would not take the secret or the headers that were brought. */
export const refusalOf = ({
  about,
  reason,
}: {
  readonly about: 'secret' | 'headers';
  readonly reason: string;
}) => refuse(400, about === 'secret' ? 'BAD_SECRET' : 'BAD_HEADERS', `${about}: ${reason}`);

export const NO_HEADERS_HERE = refuse(400, 'BAD_HEADERS', 'headers: only webhooks have them');
