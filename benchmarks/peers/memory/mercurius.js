// Mercurius on Fastify, with its just-in-time compiler and its own loaders.
import { readFileSync } from "node:fs";
import Fastify from "fastify";
import mercurius from "mercurius";
import { Date, SafeInt } from "../shared/scalars.js";
import * as data from "./data.js";

// A loader gets all objects of a level at once. It tells them apart by their JSON, so they are small.
const loader = (answer) => async (queries) =>
  queries.map(({ obj, params }) => answer(obj, params));

const app = Fastify();
app.register(mercurius, {
  schema: readFileSync(new URL("../shared/schema.graphql", import.meta.url), "utf8"),
  jit: 1,
  resolvers: {
    SafeInt,
    Date,
    Query: {
      me: () => data.viewer(),
      userGroup: async (_, { id }) => (await data.loadGroups([id]))[0],
    },
    UserGroup: { viewerMembership: (of) => data.viewerMembership(of) },
    MemberContributionConnection: { totalCount: data.activeUsers },
    MemberContribution: { projectContributions: data.memberProjects },
  },
  loaders: {
    User: { memberships: loader(data.membershipsOf) },
    UserGroup: { classifications: loader((of, { range }) => data.groupStats(of, range)) },
    GroupStats: {
      activeUsers: loader(data.activeUsers),
      projectCount: loader(data.projectCount),
      buckets: loader(data.buckets),
      projectContributions: loader(data.projectContributions),
      topContributors: loader(data.topContributors),
      memberBreakdown: loader(data.memberBreakdown),
    },
  },
});
await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });
