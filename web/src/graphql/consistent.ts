// Tokens of the newest states that this tab has seen. They go with each request, so that no answer
// is older than one before, whichever database server it is read from.

const HEADER = "consistency-token";
// A gateway looks at no more of them.
const MOST = 10;

// Several after requests that were under way at once: nobody can tell which answer is the newest.
const newest = new Set<string>();
const listeners = new Set<() => void>();

/**
 * What goes with a request, the last that came; others go with a later one. Empty before the first
 * answer: that asks for a token.
 */
export const newestTokens = () => [...newest].slice(-MOST).join();

/** Keep the token of an answer, which stands for all that were `sent` as well. */
export function keepToken(token: string, sent: string): void {
  for (const one of sent.split(",")) newest.delete(one);
  newest.add(token);
}

/** Have this called before the answer to a request is shown; returns what ends that. */
export function beforeAnswers(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** `fetch` that sends the newest tokens and keeps that of the answer. */
export async function consistentFetch(
  input: RequestInfo | URL,
  init: RequestInit = {},
): Promise<Response> {
  const sent = newestTokens();
  const headers = new Headers(init.headers);
  headers.set(HEADER, sent);
  const response = await fetch(input, { ...init, headers });
  const token = response.headers.get(HEADER);
  if (token !== null) {
    keepToken(token, sent);
    for (const listener of [...listeners]) listener();
  }
  return response;
}
