// Runs operations with urql and its normalised cache, set up as a front end would.
import { Client, fetchExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { persistedExchange } from "@urql/exchange-persisted";
import { embedded, headers, introspected, noting, persisted, run, url } from "./wire.mjs";

// What has no id belongs to what it is of.
const keys = Object.fromEntries(embedded.map(({ name }) => [name, () => null]));

// An entity that is asked for by its id is looked for in the cache.
const entity = (type) => (_, { id }) => ({ __typename: type, id });
const resolvers = {
  Query: {
    user: entity("User"),
    userGroup: entity("UserGroup"),
    project: entity("Project"),
    workflow: entity("Workflow"),
  },
};

const exchanges = [
  cacheExchange({ keys, resolvers, schema: introspected }),
  ...(persisted ? [persistedExchange({ preferGetForPersistedQueries: true })] : []),
  fetchExchange,
];
const client = new Client({ url, exchanges, fetch: noting, fetchOptions: { headers } });

await run(async (query, variables) => {
  const { data, error } = await client.query(query, variables).toPromise();
  if (error?.networkError) throw error;
  return { data, errors: error?.graphQLErrors ?? [] };
});
