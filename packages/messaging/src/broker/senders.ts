import { accountOf, type MessageType, type QueryType, type ServiceName, sendersOf } from '@comanda/contracts';

/** A message from a sender who may not send such messages: it is not handled, and never put back. */
export class WrongSender extends Error {
  override readonly name = 'WrongSender';

  /** @param sender the user that the broker vouches for; '' when the message names none */
  constructor(
    type: string,
    readonly sender: string,
  ) {
    super(`${type} was sent by ${sender === '' ? 'a user who is not named' : sender}, who may not send it`);
  }
}

/**
 * Who a message is from, when that is wrong; else `undefined`. The broker lets a client name no user but its own
 * (`user_id`), so the name can be trusted. It is asked for where each service has a user of its own; where all share
 * one it says nothing.
 */
export function wrongSenderOf(
  type: MessageType | QueryType,
  receiver: ServiceName,
  { userId }: { readonly userId?: unknown },
): WrongSender | undefined {
  const user = typeof userId === 'string' ? userId : '';
  const account = accountOf(user);
  if (account !== undefined && sendersOf(type, receiver).has(account)) return undefined;
  return new WrongSender(type.type, user);
}
