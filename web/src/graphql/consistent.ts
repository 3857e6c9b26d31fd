// A token of the newest state that this tab has seen. It goes with each request, so that no answer
// is older than one before, whichever database server it is read from.

const HEADER = "consistency-token";

// Empty at first: that asks for one.
let newest = "";

/** The token of the newest state that was seen; empty before the first. */
export const newestToken = () => newest;

/** `fetch` that sends the token of the newest answer and keeps that of the next. */
export async function consistentFetch(
  input: RequestInfo | URL,
  init: RequestInit = {},
): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set(HEADER, newest);
  const response = await fetch(input, { ...init, headers });
  newest = response.headers.get(HEADER) ?? newest;
  return response;
}
