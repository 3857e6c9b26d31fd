// Mercurius over PostgreSQL: hand-written SQL in its own loaders, with its just-in-time compiler.
import { readFileSync } from "node:fs";
import DataLoader from "dataloader";
import Fastify from "fastify";
import mercurius from "mercurius";
import { Date, SafeInt } from "../shared/scalars.js";
import * as data from "./data.js";

const each = (answer) => (queries) =>
  Promise.all(queries.map(({ obj, params }) => answer(obj, params)));
// Several fields tell of the same sums: these are read once in an operation.
const byStats = { cacheKeyFn: ({ kind, id, start, end }) => `${kind} ${id} ${start} ${end}` };
const totals = {
  totalCount: async (stats, _, { totals }) => (await totals.load(stats)).count,
  timeSpent: async (stats, _, { totals }) => (await totals.load(stats)).timeSpent,
};
const contributed = {
  projectCount: async (stats, _, { contributions }) =>
    (await contributions.load(stats)).filter((one) => one.project).length,
  projectContributions: async (stats, { first }, { contributions }) =>
    (await contributions.load(stats)).slice(0, first ?? undefined),
};

const app = Fastify();
app.register(mercurius, {
  schema: readFileSync(new URL("../shared/schema.graphql", import.meta.url), "utf8"),
  jit: 1,
  context: (request) => ({
    viewer: Number(request.headers["x-viewer"]),
    totals: new DataLoader(data.totals, byStats),
    contributions: new DataLoader(data.contributions, byStats),
  }),
  resolvers: {
    SafeInt,
    Date,
    Query: {
      me: (_, __, { viewer }) => data.user(viewer),
      userGroup: (_, { id }, { viewer }) => data.userGroup(id, viewer),
      project: (_, { id }) => data.project(id),
      classifications: (_, { range }) => data.statsOf("site", 0, range),
    },
    User: { classifications: ({ id }, { range }) => data.statsOf("user", id, range) },
    UserGroup: { classifications: (group, { range }) => data.groupStats(group, range) },
    Project: { classifications: ({ id }, { range }) => data.statsOf("project", id, range) },
    Workflow: { classifications: ({ id }, { range }) => data.statsOf("workflow", id, range) },
    GroupStats: { ...totals, ...contributed },
    UserStats: { ...totals, ...contributed },
    SiteStats: totals,
    ProjectStats: totals,
    WorkflowStats: totals,
  },
  loaders: {
    Project: { workflows: each(data.workflows) },
    GroupStats: {
      activeUsers: (queries) => data.activeUsers(queries.map(({ obj }) => obj)),
      buckets: data.buckets,
      topContributors: each(data.topContributors),
      memberBreakdown: each(data.memberBreakdown),
    },
    UserStats: { buckets: data.buckets },
    SiteStats: { buckets: data.buckets },
    ProjectStats: { buckets: data.buckets },
    WorkflowStats: { buckets: data.buckets },
    MemberContribution: { projectContributions: data.memberContributions },
    MemberContributionConnection: {
      totalCount: (queries) => data.activeUsers(queries.map(({ obj }) => obj.stats)),
    },
  },
});
await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });
