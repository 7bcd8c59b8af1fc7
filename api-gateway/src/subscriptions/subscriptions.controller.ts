import { randomBytes } from 'node:crypto';
import {
  ChannelName,
  CheckTarget,
  CreateSubscription,
  CustomHeaders,
  DeleteSubscription,
  GetSubscription,
  headersOf,
  Id,
  Language,
  ListSubscriptions,
  printable,
  type ResultOf,
  RotateSecret,
  Signature,
  SubscriptionView,
  secretOf,
  UpdateSubscription,
  Word,
} from '@comanda/contracts';
import { OpeningKey, sealFor } from '@comanda/kit';
import type { RequestContext } from '@comanda/messaging';
import { Body, Controller, Delete, Get, Inject, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Context } from '../auth/caller.js';
import { createdAt, nextCursor, subscriptionId } from '../description/examples.js';
import { named } from '../description/named.js';
import { Nothing } from '../description/nothing.js';
import { Problem } from '../problems/problem.js';
import { API } from '../routes/api.js';
import { IdempotentId } from '../routes/idempotent-id.js';
import { Operation } from '../routes/operation.js';
import { pageQuery } from '../routes/page-query.js';
import { type Pending, pending } from '../routes/pending.js';
import { ServiceClient } from '../routes/service-client.js';

const SubscriptionParams = z.strictObject({ subscriptionId: Id });
type SubscriptionParams = z.infer<typeof SubscriptionParams>;

const {
  subscriptionId: _id,
  sealedSecret: _sealed,
  sealedHeaders: _headers,
  answerKey: _key,
  ...wanted
} = CreateSubscription.data.shape;
const order = {
  channel: 'webhook',
  target: 'https://hooks.example.com/comanda',
  eventTypes: ['order.*'],
} as const;
const subscription = {
  ...{ subscriptionId, ...order, eventTypes: ['order.*'], enabled: true, createdAt },
  signature: 'v1' as const,
};
const NewSubscription = named(
  'NewSubscription',
  z.strictObject({ ...wanted, secret: printable(200).optional(), headers: CustomHeaders.optional() }),
  { ...order, eventTypes: ['order.*'], description: 'Accounting' },
);
named('Channel', ChannelName, 'webhook');
named('Signature', Signature, 'v1');
named('Language', Language, 'es');
const Subscription = named('Subscription', SubscriptionView, subscription);
const SubscriptionPage = named('SubscriptionPage', ListSubscriptions.result, {
  items: [subscription],
  nextCursor,
});
const WithSecret = SubscriptionView.extend({ secret: Word.optional().describe('Shown this once') });
const withSecret = { ...subscription, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' };
const CreatedSubscription = named('CreatedSubscription', WithSecret, withSecret);
const RotatedSubscription = named('RotatedSubscription', WithSecret, withSecret);
const SubscriptionChange = named(
  'SubscriptionChange',
  z
    .strictObject({
      ...UpdateSubscription.data.omit({ subscriptionId: true, sealedHeaders: true }).shape,
      headers: CustomHeaders.nullable()
        .optional()
        .describe('In place of all that there were; `null` removes them'),
    })
    .refine((change) => Object.keys(change).length > 0, 'must name at least one field to change'),
  { target: 'https://hooks.example.com/comanda/2', eventTypes: ['order.*', 'payment.refunded'] },
);
const SubscriptionsQuery = z.strictObject(pageQuery);
const NOT_FOUND = { 404: ['UNKNOWN_SUBSCRIPTION'] } as const;

const placeOf = (subscriptionId: string): string => `/${API}/subscriptions/${subscriptionId}`;

/** Who gets which events, and where. */
@ApiTags('webhooks')
@Controller(`${API}/subscriptions`)
export class SubscriptionsController {
  constructor(@Inject(ServiceClient) private readonly services: ServiceClient) {}

  @Post()
  @Operation({
    id: 'addSubscription',
    summary: 'Have events sent to a target',
    description:
      'The answer shows the signing secret, this once: keep it. A replayed answer (Idempotency-Key) lacks it. With the signature v1a there is no secret but a publicKey, which can be read again.',
    access: 'staff',
    scope: 'webhooks:manage',
    status: 201,
    problems: {
      400: [
        'BAD_HEADERS',
        'BAD_SECRET',
        'BAD_TARGET',
        'CHANNEL_NOT_CONFIGURED',
        'NO_LOCALE_HERE',
        'NO_SECRET_HERE',
        'UNKNOWN_EVENT_TYPE',
        'UNSAFE_TARGET',
      ],
      409: ['TOO_MANY_SUBSCRIPTIONS'],
    },
    result: CreatedSubscription,
    headers: ['Location'],
    idempotent: true,
  })
  async create(
    @Body({ schema: NewSubscription }) subscription: z.infer<typeof NewSubscription>,
    @IdempotentId({ names: 'subscription' }) subscriptionId: string,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { secret, headers, ...rest } = subscription;
    const { channel, target } = rest;
    // The check may need DNS, and the command's handler does no I/O.
    const check = await this.services.ask(CheckTarget, { channel, target }, context, subscriptionId);
    const about = secretOf(context.tenantId, subscriptionId);
    const answers = new OpeningKey(randomBytes(32));
    const command = {
      ...rest,
      subscriptionId,
      ...(secret !== undefined && { sealedSecret: sealed(secret, check.sealFor, about) }),
      ...(headers && { sealedHeaders: sealedHeaders(headers, check.sealFor, context, subscriptionId) }),
      answerKey: answers.publicKey,
    };
    const created = await this.services.ask(CreateSubscription, command, context, subscriptionId);
    reply.header('location', placeOf(subscriptionId));
    return opened(created, answers, about);
  }

  @Get()
  @Operation({
    id: 'listSubscriptions',
    summary: 'Subscriptions, newest first',
    access: 'staff',
    scope: 'webhooks:manage',
    result: SubscriptionPage,
  })
  list(
    @Query({ schema: SubscriptionsQuery }) query: z.infer<typeof SubscriptionsQuery>,
    @Context() context: RequestContext,
  ) {
    return this.services.ask(ListSubscriptions, query, context, context.tenantId);
  }

  @Get(':subscriptionId')
  @Operation({
    id: 'getSubscription',
    summary: 'One subscription',
    access: 'staff',
    scope: 'webhooks:manage',
    result: Subscription,
    problems: NOT_FOUND,
  })
  get(@Param({ schema: SubscriptionParams }) params: SubscriptionParams, @Context() context: RequestContext) {
    return this.services.ask(GetSubscription, params, context, params.subscriptionId);
  }

  @Patch(':subscriptionId')
  @Operation({
    id: 'changeSubscription',
    summary:
      'Change what it wants, where it goes, how fast, with which headers, in which language, or whether it is enabled',
    description:
      'What waits to be sent goes to the new target. To a disabled subscription nothing is sent: what becomes due meanwhile ends as DROPPED. Enabling it again forgets its failures.',
    access: 'staff',
    scope: 'webhooks:manage',
    result: Subscription,
    problems: {
      ...NOT_FOUND,
      400: [
        'BAD_HEADERS',
        'BAD_TARGET',
        'CHANNEL_NOT_CONFIGURED',
        'NO_LOCALE_HERE',
        'UNKNOWN_EVENT_TYPE',
        'UNSAFE_TARGET',
      ],
    },
    mayPend: true,
  })
  async change(
    @Param({ schema: SubscriptionParams }) { subscriptionId }: SubscriptionParams,
    @Body({ schema: SubscriptionChange }) change: z.infer<typeof SubscriptionChange>,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { headers, ...rest } = change;
    const sealFor =
      rest.target !== undefined || headers
        ? await this.#checked(subscriptionId, rest.target, context)
        : undefined;
    const command = {
      ...rest,
      subscriptionId,
      ...(headers === null && { sealedHeaders: null }),
      ...(headers && { sealedHeaders: sealedHeaders(headers, sealFor, context, subscriptionId) }),
    };
    const changed = await this.services.carryOut(UpdateSubscription, command, context, subscriptionId);
    return changed ?? pending(reply, placeOf(subscriptionId));
  }

  /** For which key is sealed what goes there; a target of now is checked like a new one. */
  async #checked(
    subscriptionId: string,
    newTarget: string | undefined,
    context: RequestContext,
  ): Promise<string | undefined> {
    const { services } = this;
    const now = await services.ask(GetSubscription, { subscriptionId }, context, subscriptionId);
    const { channel } = now;
    // Where there is no key, a target may be a secret of which only a part is shown.
    if (newTarget === undefined && channel !== 'webhook') return undefined;
    const target = newTarget ?? now.target;
    return (await services.ask(CheckTarget, { channel, target }, context, subscriptionId)).sealFor;
  }

  @Post(':subscriptionId/rotate-secret')
  @Operation({
    id: 'rotateSecret',
    summary: 'Sign with a new secret, and for 24 hours with the one before as well',
    description:
      'The answer shows the new signing secret, this once: keep it. A replayed answer (Idempotency-Key) lacks it. A subscription that signs with v1a gets a new publicKey instead.',
    access: 'staff',
    scope: 'webhooks:manage',
    result: RotatedSubscription,
    problems: { ...NOT_FOUND, 400: ['NO_SECRET_HERE'], 409: ['TOO_MANY_SECRETS'] },
    idempotent: true,
  })
  async rotate(
    @Param({ schema: SubscriptionParams }) { subscriptionId }: SubscriptionParams,
    @Body({ schema: Nothing }) _body: z.infer<typeof Nothing>,
    @IdempotentId({ names: 'rotation', within: 'subscriptionId' }) rotationId: string,
    @Context() context: RequestContext,
  ) {
    const answers = new OpeningKey(randomBytes(32));
    const command = { subscriptionId, rotationId, answerKey: answers.publicKey };
    const rotated = await this.services.ask(RotateSecret, command, context, subscriptionId);
    return opened(rotated, answers, secretOf(context.tenantId, subscriptionId));
  }

  @Delete(':subscriptionId')
  @Operation({
    id: 'removeSubscription',
    summary: 'Send nothing more to a target',
    access: 'staff',
    scope: 'webhooks:manage',
    status: 204,
    problems: NOT_FOUND,
    mayPend: true,
  })
  async remove(
    @Param({ schema: SubscriptionParams }) params: SubscriptionParams,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Pending | undefined> {
    const { subscriptionId } = params;
    const deleted = await this.services.carryOut(DeleteSubscription, params, context, subscriptionId);
    return deleted ? undefined : pending(reply, placeOf(subscriptionId));
  }
}

/** A subscription with the secret that was sealed for this key, if there is one. */
const opened = (
  { sealedSecret, ...view }: ResultOf<typeof RotateSecret>,
  key: OpeningKey,
  about: string,
): z.infer<typeof WithSecret> => ({
  ...view,
  ...(sealedSecret !== undefined && { secret: key.open(sealedSecret, about) }),
});

/** As a secret is. */
function sealedHeaders(
  headers: CustomHeaders,
  recipient: string | undefined,
  { tenantId }: RequestContext,
  subscriptionId: string,
): string {
  if (recipient === undefined)
    throw new Problem(400, 'BAD_HEADERS', 'headers: only webhooks have them; leave them out');
  return sealFor(recipient, JSON.stringify(headers), headersOf(tenantId, subscriptionId), randomBytes(32));
}

/** A secret that the client brought, so that no queue shows it; a channel that does not sign has no key to seal for. */
function sealed(secret: string, recipient: string | undefined, about: string): string {
  if (recipient !== undefined) return sealFor(recipient, secret, about, randomBytes(32));
  throw new Problem(400, 'NO_SECRET_HERE', 'secret: only webhooks are signed; leave it out');
}
