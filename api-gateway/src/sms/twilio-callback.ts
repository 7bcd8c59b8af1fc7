import { ReportedText, TakeTextReport, TextErrorCode, TextStatus } from '@comanda/contracts';
import { type RequestContext, Requester } from '@comanda/messaging';
import { LOGGER, publicUrl } from '@comanda/service-kit';
import { Controller, Headers, Inject, Post, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { z } from 'zod';
import { Context } from '../auth/caller.js';
import { metrics } from '../http/metrics.js';
import { CONFIG } from '../injection-tokens.js';
import { CountedIn } from '../limits/counted-in.js';
import { Problem } from '../problems/problem.js';
import { API } from '../routes/api.js';
import { Operation } from '../routes/operation.js';
import { orLater } from '../routes/or-later.js';
import { isSignedByTwilio } from './twilio-signature.js';

/** Without both no report is taken. `.env.example` explains them among the settings of webhook-publisher. */
export const twilioSettings = {
  /** Never printed. */
  TWILIO_AUTH_TOKEN: z.string().optional(),
  PUBLIC_URL: publicUrl,
};

/** What is read of a report; there is more. Other states than these say nothing that we don't know. */
const Form = z.object({
  MessageSid: TakeTextReport.data.shape.sid,
  MessageStatus: TextStatus,
  ErrorCode: z
    .string()
    .regex(/^\d{1,6}$/)
    .transform(Number)
    .pipe(TextErrorCode)
    .optional()
    .catch(undefined),
});

/** Where Twilio tells what became of a text: https://www.twilio.com/docs/messaging/guides/track-outbound-message-status */
@ApiTags('webhooks')
@Controller(`${API}/sms-callbacks`)
@CountedIn('callbacks')
export class TwilioCallbackController {
  constructor(
    @Inject(Requester) private readonly requester: Requester,
    @Inject(CONFIG) private readonly config: z.output<z.ZodObject<typeof twilioSettings>>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Post('twilio')
  @RouteConfig({ rawBody: true })
  @ApiHeader({ name: 'X-Twilio-Signature', required: true })
  @Operation({
    id: 'takeTextReport',
    summary: 'Take a report of Twilio’s: what became of a text',
    description:
      'Answered when the broker has it on disk. A report of a text that nobody knows, and what is no report at all, is received, counted and left alone.',
    access: 'log-in',
    status: 204,
    problems: { 403: ['SIGNATURE_INVALID'], 404: ['NOT_FOUND'] },
  })
  async take(
    @Req() request: FastifyRequest,
    @Headers('x-twilio-signature') signature: string | undefined,
    @Context() context: RequestContext,
  ): Promise<void> {
    const { TWILIO_AUTH_TOKEN: token, PUBLIC_URL: publicUrl } = this.config;
    if (token === undefined || publicUrl === undefined)
      throw new Problem(404, 'NOT_FOUND', 'There is nothing here. See /docs for what there is.');
    const form = new URLSearchParams(request.rawBody?.toString());
    if (!isSignedByTwilio({ url: `${publicUrl}${request.url}`, form, signature }, token))
      throw new Problem(
        403,
        'SIGNATURE_INVALID',
        'This is not a report that Twilio signed for us. Check TWILIO_AUTH_TOKEN and PUBLIC_URL.',
      );
    const said = Form.safeParse(Object.fromEntries(form));
    const about = ReportedText.safeParse(request.query);
    metrics.textReports.inc({ status: said.data?.MessageStatus ?? 'other' });
    if (said.data && about.data) await this.#passOn(said.data, about.data, context);
  }

  async #passOn(
    { MessageSid: sid, MessageStatus: status, ErrorCode: errorCode }: z.output<typeof Form>,
    { tenant: tenantId, delivery: deliveryId, order: orderId }: ReportedText,
    context: RequestContext,
  ): Promise<void> {
    const report = {
      ...{ deliveryId, sid, status },
      ...(orderId !== undefined && { orderId }),
      ...(errorCode !== undefined && { errorCode }),
    };
    const options = { ...context, tenantId, subject: deliveryId };
    await orLater(this.requester.send(TakeTextReport, report, options));
    this.logger.info(
      { ...report, tenantId, correlationId: context.correlationId },
      'Twilio told what became of a text',
    );
  }
}
