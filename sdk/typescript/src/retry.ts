/** Sends one request, once. */
export type Send = (request: Request) => Promise<Response>;

/** The bounds of retries. The first one that is reached ends them, and the caller gets the last answer. */
export interface RetryPolicy {
  /** How often a request is sent in all. */
  attempts: number;
  /** The longest single wait, in milliseconds. A longer Retry-After is left to the caller, at once. */
  longestWaitMs: number;
  /** How long all attempts and waits may take until the last one begins, in milliseconds. */
  totalMs: number;
}

export const usualPolicy: RetryPolicy = { attempts: 6, longestWaitMs: 30_000, totalMs: 90_000 };

/** The first wait where the answer says none; each further one is twice as long. */
const firstWaitMs = 250;

/**
 * Repeats a request after 429 and 503, after 409 with a Retry-After (another request with its key is in progress), and after a connection
 * that broke, when a repetition is harmless: for a GET, and for a POST with an Idempotency-Key. It waits as long as Retry-After says.
 * Every other answer is the caller's, also a 409 without Retry-After, which is a refusal.
 */
export function retrying(send: Send, policy: RetryPolicy): Send {
  return async (request) => {
    const began = Date.now();
    for (let attempt = 1; ; attempt++) {
      const outcome = await attemptOnce(send, request);
      const wait = waitAfter(outcome, attempt);
      const spent = Date.now() - began;
      if (wait === undefined || attempt >= policy.attempts || wait > policy.longestWaitMs || spent + wait > policy.totalMs) {
        if (outcome.response === undefined) {
          throw outcome.failure;
        }
        return outcome.response;
      }
      await outcome.response?.body?.cancel();
      await pause(wait, request.signal);
    }
  };
}

type Outcome = { response: Response } | { response?: undefined; failure: unknown };

async function attemptOnce(send: Send, request: Request): Promise<Outcome> {
  try {
    return { response: await send(request.clone()) };
  } catch (failure) {
    if (request.signal.aborted || !isRepeatable(request)) {
      throw failure;
    }
    return { failure };
  }
}

function isRepeatable(request: Request): boolean {
  return request.method === "GET" || request.method === "HEAD" || request.headers.has("Idempotency-Key");
}

/** waitAfter is the wait before the next attempt in milliseconds, or undefined when the outcome is final. */
function waitAfter(outcome: Outcome, attempt: number): number | undefined {
  const backOff = firstWaitMs * 2 ** (attempt - 1);
  if (outcome.response === undefined) {
    return backOff;
  }
  const asked = retryAfter(outcome.response);
  switch (outcome.response.status) {
    case 409:
      return asked;
    case 429:
    case 503:
      return asked ?? backOff;
    default:
      return undefined;
  }
}

/** retryAfter reads the header (RFC 9110, 10.2.3): seconds, or a date. */
function retryAfter(response: Response): number | undefined {
  const text = response.headers.get("Retry-After");
  if (text === null) {
    return undefined;
  }
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal.aborted) {
      stop();
      return;
    }
    signal.addEventListener("abort", stop, { once: true });
  });
}
