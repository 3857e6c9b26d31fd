import { Client, fetchExchange } from "@urql/core";
import { root } from "../root";
import type { Credentials } from "../session/credentials";
import { normalisedCache } from "./cache";
import { consistentFetch } from "./consistent";
import { liveExchange } from "./live";
import { namedDocuments } from "./named-documents";
import { renewing } from "./renewing";
import { unseenExchange } from "./unseen";

/** A client for one viewer: what it has cached is theirs, and goes with it. */
export function createClient(credentials: Credentials | null): Client {
  return new Client({
    url: `${root}graphql`,
    exchanges: [
      normalisedCache(),
      unseenExchange,
      ...(credentials?.renew ? [renewing(credentials)] : []),
      namedDocuments,
      liveExchange(credentials),
      fetchExchange,
    ],
    // A page is shown at once from what is known, and asked for anew.
    requestPolicy: "cache-and-network",
    fetch: consistentFetch,
    fetchOptions: () => ({
      credentials: "omit",
      headers: credentials === null ? {} : { authorization: `Bearer ${credentials.token}` },
    }),
  });
}
