import { apiBaseUrl } from '@comanda/service-kit';
import { z } from 'zod';
import type { Attempt, Channel, TargetCheck } from '../../channels/channel.js';
import { defineChannel } from '../../channels/define-channel.js';
import { EVERYWHERE } from '../../channels/http/address-rules.js';
import { answeredBy } from '../../channels/http/answered.js';
import { SafeHttpClient } from '../../channels/http/safe-http-client.js';
import { plain } from '../../channels/messages/line.js';
import { messageAbout } from '../../channels/messages/message-about.js';
import type { AttemptResult } from '../../domain/attempt-result.js';

const settings = {
  NTFY_ROOT: apiBaseUrl('https://ntfy.sh').describe('Where ntfy is.'),
  NTFY_TOKEN: z.string().optional().describe('The access token of ntfy subscriptions. Never printed.'),
};

const TOPIC = /^[-\w]{1,64}$/;
const Body = z.object({ data: z.unknown() });

interface NtfyOptions {
  readonly http: Pick<SafeHttpClient, 'post'>;
  readonly root: string;
  readonly token: string;
  readonly timeoutMs: number;
  readonly clock: () => Date;
}

/** Notifications of ntfy. The target is a topic. */
class NtfyChannel implements Channel {
  constructor(private readonly options: NtfyOptions) {}

  async checkTarget(target: string): Promise<TargetCheck> {
    if (TOPIC.test(target)) return { kind: 'allowed' };
    return {
      kind: 'refused',
      code: 'BAD_TARGET',
      reason: 'must be a topic: up to 64 letters, digits, - and _',
    };
  }

  async send({ target, language, type, body }: Attempt): Promise<AttemptResult> {
    const { http, root, token, timeoutMs, clock } = this.options;
    const { title, lines } = messageAbout({ type, data: Body.parse(JSON.parse(body)).data }, language);
    const message = JSON.stringify({ topic: target, title, message: lines.map(plain).join('\n') });
    const headers = { authorization: `Bearer ${token}` };
    const answer = await http.post({ url: `${root}/`, body: message, headers }, { timeoutMs });
    if (answer.kind === 'failure') return answer;
    // Its text is not kept: nobody knows whether it repeats the token.
    return answeredBy({ ...answer, text: '' }, clock().getTime());
  }
}

export const ntfy = defineChannel(
  { settings, needs: ['NTFY_TOKEN'] },
  ({ NTFY_ROOT, NTFY_TOKEN: token, WEBHOOK_TIMEOUT_MS: timeoutMs }, { clock, network }) => {
    // The operator chose where ntfy is; a subscriber chooses a topic there and nothing else.
    const http = new SafeHttpClient({ rules: EVERYWHERE, connectTimeoutMs: timeoutMs, ...network });
    return new NtfyChannel({ http, root: NTFY_ROOT.replace(/\/$/, ''), token, timeoutMs, clock });
  },
);
