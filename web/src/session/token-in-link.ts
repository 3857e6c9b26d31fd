// The token of a link that `stats-gateway explore` has printed: in the fragment, which no browser
// sends anywhere. It is taken out of the address before anything else happens, wanted or not.

/** The token of the fragment, which then is no longer there; null without one. */
export function takeToken(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token === null) return null;
  history.replaceState(history.state, "", location.pathname + location.search);
  return token.trim() || null;
}
