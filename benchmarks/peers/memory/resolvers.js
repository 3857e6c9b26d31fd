// Resolvers as GraphQL.js takes them, with a DataLoader for what is read by key.
import DataLoader from "dataloader";
import { Date, SafeInt } from "../shared/scalars.js";
import * as data from "./data.js";

const batched = (answer) =>
  new DataLoader(async (keys) => keys.map(({ of, given }) => answer(of, given)), { cache: false });

/** The loaders of one operation. */
export const context = () => ({
  groups: new DataLoader(data.loadGroups),
  stats: batched((of, { range }) => data.groupStats(of, range)),
  memberships: batched(data.membershipsOf),
  activeUsers: batched(data.activeUsers),
  projectCount: batched(data.projectCount),
  buckets: batched(data.buckets),
  projectContributions: batched(data.projectContributions),
  topContributors: batched(data.topContributors),
  memberBreakdown: batched(data.memberBreakdown),
});

const from = (loader) => (of, given, loaders) => loaders[loader].load({ of, given });

export const resolvers = {
  SafeInt,
  Date,
  Query: {
    me: () => data.viewer(),
    userGroup: (_, { id }, { groups }) => groups.load(id),
  },
  User: { memberships: from("memberships") },
  UserGroup: {
    viewerMembership: (of) => data.viewerMembership(of),
    classifications: from("stats"),
  },
  GroupStats: {
    activeUsers: from("activeUsers"),
    projectCount: from("projectCount"),
    buckets: from("buckets"),
    projectContributions: from("projectContributions"),
    topContributors: from("topContributors"),
    memberBreakdown: from("memberBreakdown"),
  },
  MemberContributionConnection: { totalCount: data.activeUsers },
  MemberContribution: { projectContributions: data.memberProjects },
};
