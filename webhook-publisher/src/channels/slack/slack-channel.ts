import { apiBaseUrl } from '@comanda/service-kit';
import { z } from 'zod';
import type { AttemptResult } from '../../domain/attempt-result.js';
import type { Attempt, Channel, ChannelDependencies, TargetCheck } from '../channel.js';
import { defineChannel } from '../define-channel.js';
import { EVERYWHERE } from '../http/address-rules.js';
import { noteOf, wishOf } from '../http/answered.js';
import { type HttpAnswer, SafeHttpClient } from '../http/safe-http-client.js';
import { messageAbout } from '../messages/message-about.js';
import { renderBlocks } from './render-blocks.js';

const settings = {
  /** The URLs of subscribers are secrets, and lead there. */
  SLACK_WEBHOOK_ROOT: apiBaseUrl('https://hooks.slack.com').describe(
    'Another address of Slack’s incoming webhooks: https://hooks.slack-gov.com, or a stand-in for tests.',
  ),
};

const SERVICE = /^\/services\/[A-Za-z0-9]{1,30}\/[A-Za-z0-9]{1,30}\/[A-Za-z0-9]{1,60}$/;
const Body = z.object({ data: z.unknown() });

/** With these Slack says that nothing will ever arrive at this URL. */
const GONE = new Set([
  ...['no_service', 'no_service_id', 'no_team', 'team_disabled', 'invalid_token'],
  ...['channel_not_found', 'channel_is_archived'],
]);

export interface SlackOptions {
  readonly http: Pick<SafeHttpClient, 'post'>;
  /** Without a trailing slash. */
  readonly root: string;
  readonly timeoutMs: number;
  readonly clock: ChannelDependencies['clock'];
}

/**
 * Messages for people in Slack. The target is the URL of an incoming webhook: whoever has it may write there, so nobody is
 * shown it whole (`shownTarget`).
 *
 * @see https://api.slack.com/messaging/webhooks
 */
class SlackChannel implements Channel {
  constructor(private readonly options: SlackOptions) {}

  async checkTarget(target: string): Promise<TargetCheck> {
    if (this.#isWebhook(target)) return { kind: 'allowed' };
    const reason = `must be the URL of an incoming webhook: ${this.options.root}/services/T.../B.../...`;
    return { kind: 'refused', code: 'BAD_TARGET', reason };
  }

  async send({ target, language, type, body }: Attempt): Promise<AttemptResult> {
    const { http, timeoutMs, clock } = this.options;
    // Nobody may be sent elsewhere by what was subscribed under another root.
    if (!this.#isWebhook(target))
      return {
        kind: 'refused',
        status: 400,
        detail: 'no incoming webhook of SLACK_WEBHOOK_ROOT',
        durationMs: 0,
      };
    const { data } = Body.parse(JSON.parse(body));
    const blocks = JSON.stringify(renderBlocks(messageAbout({ type, data }, language)));
    const answer = await http.post({ url: target, body: blocks, headers: {} }, { timeoutMs });
    return answer.kind === 'failure' ? answer : resultOf(answer, clock().getTime());
  }

  #isWebhook(target: string): boolean {
    const { root } = this.options;
    return target.startsWith(`${root}/`) && SERVICE.test(target.slice(root.length));
  }
}

/** Slack answers with one word. What is none is not kept: it may repeat the URL. */
function resultOf(answer: HttpAnswer, now: number): AttemptResult {
  const { status, durationMs } = answer;
  const [word] = /^[a-z_]{1,60}$/.exec(answer.text.trim()) ?? [];
  const wish = wishOf(answer, now);
  const note = noteOf([
    ...answer.notes,
    ...(word === undefined ? ['the answer is none of Slack’s'] : []),
    ...wish.notes,
  ]);
  const detail = word ?? '';
  if (status >= 400 && status < 500 && word !== undefined) {
    if (GONE.has(word))
      return {
        kind: 'refused',
        status,
        detail,
        gone: `Slack answered ${status} ${word}`,
        durationMs,
        ...note,
      };
    if (status === 400 || status === 403) return { kind: 'refused', status, detail, durationMs, ...note };
  }
  return { kind: 'response', status, body: detail, durationMs, ...wish.retryAt, ...note };
}

export const slack = defineChannel(
  { settings, needs: [] },
  ({ SLACK_WEBHOOK_ROOT: root, WEBHOOK_TIMEOUT_MS: timeoutMs }, { clock, network }) =>
    new SlackChannel({
      // The operator chose where Slack is; a target is a path there.
      http: new SafeHttpClient({ rules: EVERYWHERE, connectTimeoutMs: timeoutMs, ...network }),
      root: root.replace(/\/$/, ''),
      timeoutMs,
      clock,
    }),
);
