// Runs operations with Apollo Client and its normalised cache, set up as a front end would.
import { createHash } from "node:crypto";
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { headers, noting, persisted, possibleTypes, run, url } from "./wire.mjs";

// An entity that is asked for by its id is looked for in the cache.
const entity = (type) => ({
  read: (known, { args, toReference }) => known ?? toReference({ __typename: type, id: args.id }),
});
const cache = new InMemoryCache({
  possibleTypes,
  typePolicies: {
    Query: {
      fields: {
        user: entity("User"),
        userGroup: entity("UserGroup"),
        project: entity("Project"),
        workflow: entity("Workflow"),
      },
    },
  },
});

const http = new HttpLink({ uri: url, headers, fetch: noting });
const hashes = new PersistedQueryLink({
  sha256: (text) => createHash("sha256").update(text).digest("hex"),
  useGETForHashedQueries: true,
});
const client = new ApolloClient({ cache, link: persisted ? hashes.concat(http) : http });

await run(async (query, variables) => {
  const { data, error } = await client.query({ query: gql(query), variables, errorPolicy: "all" });
  if (error && !CombinedGraphQLErrors.is(error)) throw error;
  return { data, errors: error?.errors ?? [] };
});
client.stop();
