import type { AnyVariables, TypedDocumentNode } from "@urql/core";
import { useEffect, useState } from "react";
import { useSubscription } from "urql";

/**
 * Keep what a page shows up to date while somebody can see it: the first answer comes by the
 * page's own request, and the subscription has the same fragment. Without it the page stays as it
 * is, so that what goes wrong with it is not told.
 */
export function useLive<V extends AnyVariables>(
  query: TypedDocumentNode<unknown, V>,
  variables: V,
  shown: boolean,
): void {
  const [visible, setVisible] = useState(() => !document.hidden);
  useEffect(() => {
    const look = () => setVisible(!document.hidden);
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  useSubscription({ query, variables, pause: !shown || !visible });
}
