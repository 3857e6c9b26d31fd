import { Client, fetchExchange } from "@urql/core";
import { root } from "../root";
import { normalisedCache } from "./cache";
import { liveExchange } from "./live";
import { namedDocuments } from "./named-documents";
import { unseenExchange } from "./unseen";

/** A client for one viewer: what it has cached is theirs, and goes with it. */
export function createClient(token: string | null): Client {
  return new Client({
    url: `${root}graphql`,
    exchanges: [
      normalisedCache(),
      unseenExchange,
      namedDocuments,
      liveExchange(token),
      fetchExchange,
    ],
    // A page is shown at once from what is known, and asked for anew.
    requestPolicy: "cache-and-network",
    fetchOptions: () => ({
      credentials: "omit",
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
    }),
  });
}
