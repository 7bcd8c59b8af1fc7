import { type Message, newId } from '@comanda/contracts';

/** A message of this type as it stands on the wire: from the gateway, of the default tenant, unless something else is said. */
export const anEnvelope = <More extends { readonly subject: string; readonly data: unknown }>(
  { type, dataschema }: { readonly type: string; readonly dataschema: string },
  more: More,
) => ({
  specversion: '1.0',
  id: newId(),
  type,
  source: 'api-gateway',
  time: new Date().toISOString(),
  datacontenttype: 'application/json',
  dataschema,
  tenantid: 'default',
  correlationid: 'test',
  ...more,
});

/** A query with this data, as the function that answers it gets it: of the default tenant. */
export const aQuery = (data: object): Message<never> => ({ tenantid: 'default', data }) as never;
