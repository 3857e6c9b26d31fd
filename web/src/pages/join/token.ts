// The token of a join link. It is taken out of the address before anything is drawn or asked for,
// and waits in memory until it is used, put away, or the page is closed.

import { useSyncExternalStore } from "react";
import { root } from "../../root";
import { waitOverSignIn } from "../../session/waiting";

/** In the fragment of today's links, and in the query of older ones. */
const PARAMETER = "join_token";
const GROUP = /^groups\/([1-9]\d{0,18})\/?$/;
/** Tokens have 32 characters; whatever is longer is none. */
const LONGEST = 200;

interface Waiting {
  readonly id: string;
  readonly token: string;
}

let waiting: Waiting | null = null;
const listeners = new Set<() => void>();

function wait(next: Waiting | null): void {
  waiting = next;
  for (const listener of listeners) listener();
}

const isWaiting = ({ id, token }: Record<string, unknown>): boolean =>
  typeof id === "string" && GROUP.test(`groups/${id}`) && isToken(token);

const isToken = (token: unknown): token is string =>
  typeof token === "string" && token !== "" && token.length <= LONGEST;

/** The parameters without the token, as an address has them. */
function rest(parameters: URLSearchParams, sign: string): string {
  parameters.delete(PARAMETER);
  const text = parameters.toString();
  return text && sign + text;
}

/** Take the token of the address, from which it is gone then, and from the history as well. */
function take(): void {
  const { pathname, search, hash } = location;
  const [query, fragment] = [search, hash].map((text) => new URLSearchParams(text.slice(1)));
  if (!query?.has(PARAMETER) && !fragment?.has(PARAMETER)) return;
  const token = fragment?.get(PARAMETER) ?? query?.get(PARAMETER);
  // What has no token stays as it is written: the fragment may be the name of a place.
  const kept = query?.has(PARAMETER) ? rest(query, "?") : search;
  const place = fragment?.has(PARAMETER) ? rest(fragment, "#") : hash;
  history.replaceState(history.state, "", pathname + kept + place);
  const id = GROUP.exec(pathname.slice(root.length))?.[1];
  if (id !== undefined && isToken(token)) wait({ id, token });
}

// When this is loaded; and when somebody opens another link in the same tab.
take();
window.addEventListener("hashchange", take);
window.addEventListener("popstate", take);

waitOverSignIn("join", {
  keep: () => waiting && JSON.stringify(waiting),
  giveBack: (kept) => {
    const { id, token } = JSON.parse(kept) as Waiting;
    if (isWaiting({ id, token })) wait({ id, token });
  },
});

interface JoinToken {
  /** Null if none waits for this group. */
  readonly token: string | null;
  readonly forget: () => void;
}

/** The token that waits for a group. */
export function useJoinToken(id: string): JoinToken {
  const token = useSyncExternalStore(subscribe, () => (waiting?.id === id ? waiting.token : null));
  return { token, forget };
}

const forget = () => wait(null);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
