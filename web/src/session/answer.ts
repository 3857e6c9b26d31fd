// What an issuer has answered by leading back here. It is taken out of the address before anything
// is drawn or asked for, so that no code or token stays in the history or in a copied link.

import { isReturnAddress } from "./return-path";

export interface Answer {
  /** By a code, or that nobody was signed in. */
  readonly query: URLSearchParams;
  /** By a token, which only a setting of the gateway allows. */
  readonly fragment: URLSearchParams;
}

function take(): Answer | null {
  if (!isReturnAddress(location.pathname)) return null;
  const query = new URLSearchParams(location.search);
  const fragment = new URLSearchParams(location.hash.slice(1));
  if (query.size + fragment.size === 0) return null;
  history.replaceState(null, "", location.pathname);
  return { query, fragment };
}

let answer = take();

/** Whether there is an answer that nobody has taken yet. */
export const isAnswered = (): boolean => answer !== null;

/** The answer that came with this document, once. */
export function takeAnswer(): Answer | null {
  const taken = answer;
  answer = null;
  return taken;
}
