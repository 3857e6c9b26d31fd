// GraphQL Yoga on Node's own HTTP server; it keeps parsed and validated documents by itself.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { createSchema, createYoga } from "graphql-yoga";
import { context, resolvers } from "./resolvers.js";

const typeDefs = readFileSync(new URL("../shared/schema.graphql", import.meta.url), "utf8");
const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers }),
  context,
  graphiql: false,
  landingPage: false,
  logging: false,
});
createServer(yoga).listen(Number(process.env.PORT), "127.0.0.1");
