import { z } from 'zod';

const token = z.object({ accessToken: z.string() });
const problem = z.object({ title: z.string(), detail: z.string().optional() });

const TIMEOUT_MS = 10_000;

/** The gateway's REST API as one account sees it. Every answer is checked against the shape that is needed. */
export interface GatewayClient {
  get<Answer>(path: string, shape: z.ZodType<Answer>): Promise<Answer>;
  post<Answer>(path: string, body: object, shape: z.ZodType<Answer>): Promise<Answer>;
}

/**
 * Logs in.
 *
 * @param gateway its URL, without a slash at the end
 * @throws Error when the account is refused
 */
export async function logIn(gateway: string, email: string, password: string): Promise<GatewayClient> {
  const anonymous = client(`${gateway}/api/v1`, {});
  const { accessToken } = await anonymous.post('/auth/token', { email, password }, token);
  return client(`${gateway}/api/v1`, { authorization: `Bearer ${accessToken}` });
}

function client(base: string, headers: Record<string, string>): GatewayClient {
  const call = async <Answer>(path: string, init: RequestInit, shape: z.ZodType<Answer>): Promise<Answer> => {
    const response = await fetch(`${base}${path}`, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await response.text();
    if (!response.ok)
      throw new Error(`${init.method} ${path} was answered ${response.status}: ${explain(text)}`);
    return shape.parse(JSON.parse(text));
  };
  return {
    get: (path, shape) => call(path, { method: 'GET', headers }, shape),
    post: (path, body, shape) =>
      call(
        path,
        {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        },
        shape,
      ),
  };
}

/** What an RFC 9457 problem says, or the beginning of whatever else was answered. */
function explain(text: string): string {
  try {
    const { title, detail } = problem.parse(JSON.parse(text));
    return detail === undefined ? title : `${title}: ${detail}`;
  } catch {
    // Not a problem document; the raw text is the best explanation there is.
    return text.slice(0, 200);
  }
}
