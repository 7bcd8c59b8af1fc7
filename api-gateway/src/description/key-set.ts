import { PublicJwk, publicJwk } from '@comanda/contracts';
import { z } from 'zod';
import { named } from './named.js';

const key = publicJwk({
  kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
});

/** Public keys as RFC 7517 writes a set of them. */
export const KeySet = named('KeySet', z.object({ keys: z.array(named('PublicKey', PublicJwk, key)) }), {
  keys: [key],
});
