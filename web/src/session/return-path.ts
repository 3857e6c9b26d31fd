// Where one comes back to after a sign-in: a page of this application, and nothing else.

import { root } from "../root";

/** The page's path and query, if a text is one of ours; else the root. */
export function safePath(text: unknown): string {
  if (typeof text !== "string" || !text.startsWith(root)) return root;
  // Browsers read "\" as "/" and skip tabs and line ends, and "//" begins another host.
  if (/[\\\p{Cc}]/u.test(text) || /^\/{2,}/.test(text)) return root;
  const url = new URL(text, location.origin);
  if (url.origin !== location.origin || !url.pathname.startsWith(root)) return root;
  if (url.pathname.startsWith("//") || isReturnAddress(url.pathname)) return root;
  return url.pathname + url.search;
}

/** Whether this is where issuers lead back to. */
export const isReturnAddress = (path: string): boolean =>
  path.replace(/\/$/, "") === `${root}sign-in`;
