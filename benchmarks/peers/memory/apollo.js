// Apollo Server on Fastify; it keeps parsed and validated documents by itself.
import { readFileSync } from "node:fs";
import { ApolloServer } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled, ApolloServerPluginLandingPageDisabled,
} from "@apollo/server/plugin/disabled";
import fastifyApollo from "@as-integrations/fastify";
import Fastify from "fastify";
import { context, resolvers } from "./resolvers.js";

const typeDefs = readFileSync(new URL("../shared/schema.graphql", import.meta.url), "utf8");
const apollo = new ApolloServer({
  typeDefs,
  resolvers,
  introspection: false,
  plugins: [ApolloServerPluginCacheControlDisabled(), ApolloServerPluginLandingPageDisabled()],
});
await apollo.start();
const app = Fastify();
await app.register(fastifyApollo(apollo), { context: async () => context() });
await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });
