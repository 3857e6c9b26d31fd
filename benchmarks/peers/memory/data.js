// The data in memory, and the answers to what the resolvers ask of it.
import { readFileSync } from "node:fs";
import { seesAggregates, seesIndividuals } from "../shared/visibility.js";

const data = JSON.parse(readFileSync(process.env.DATA, "utf8"));
const byId = (records) => new Map(records.map((record) => [record.id, record]));

const users = byId(data.users);
const projects = byId(data.projects);
const groups = byId(data.groups);
const stats = new Map(data.stats.map((one) => [`${one.groupId} ${one.range}`, one]));
const memberships = new Map(
  data.memberships.filter((one) => one.userId === data.viewer).map((one) => [one.groupId, one]),
);

const refused = (what) => new Error(`You may not see ${what}.`);

const contribution = ([project, n, ms]) => ({
  project: projects.get(project), count: n, timeSpent: ms / 1000,
});

const member = (one) => ({
  user: users.get(one.userId), count: one.n, timeSpent: one.ms / 1000, projects: one.projects,
});

const membership = (one) => ({
  user: users.get(one.userId), group: group(one.groupId), state: one.state,
  roles: one.roles.map((role) => role.toUpperCase()),
});

/** A group and what its guards need, decided once for each operation and group. */
const group = (id) => {
  const record = groups.get(id);
  if (record === undefined) return null;
  const mine = memberships.get(id);
  return {
    ...record,
    membership: mine,
    aggregates: seesAggregates(record.statsVisibility, mine),
    individuals: seesIndividuals(record.statsVisibility, mine),
  };
};

/** The sums of a group; its lists are looked up under its key when they are asked for. */
export const groupStats = (of, range) => {
  if (!of.aggregates) throw refused("this group's statistics");
  const key = `${of.id} ${range?.start ? `${range.start}/${range.end}` : "all"}`;
  const { n, ms } = stats.get(key);
  return { totalCount: n, timeSpent: ms / 1000, key, individuals: of.individuals };
};

export const viewer = () => users.get(data.viewer);
export const loadGroups = async (ids) => ids.map((id) => group(Number(id)));
export const viewerMembership = (of) => (of.membership ? membership(of.membership) : null);
export const membershipsOf = (user) =>
  user.id === data.viewer ? { nodes: [...memberships.values()].map(membership) } : null;

export const activeUsers = ({ key }) => stats.get(key).activeUsers;
export const projectCount = ({ key }) => stats.get(key).projects.length;
export const buckets = ({ key }) =>
  stats.get(key).buckets.map(([startsOn, n, ms]) => ({ startsOn, count: n, timeSpent: ms / 1000 }));
export const projectContributions = ({ key }, { first }) =>
  stats.get(key).projects.slice(0, first ?? undefined).map(contribution);

export const topContributors = ({ key, individuals }, { first }) => {
  if (!individuals) throw refused("this group's statistics by member");
  return stats.get(key).members.slice(0, first).map(member);
};

export const memberBreakdown = ({ key, individuals }, { first }) => {
  if (!individuals) throw refused("this group's statistics by member");
  const { members } = stats.get(key);
  const page = members.slice(0, first);
  const last = page.at(-1);
  return {
    nodes: page.map(member),
    pageInfo: {
      hasNextPage: members.length > first,
      endCursor: last ? Buffer.from(JSON.stringify(["count", last.n, last.userId])).toString("base64") : null,
    },
    key,
  };
};

export const memberProjects = ({ projects }, { first }) =>
  projects.slice(0, first ?? undefined).map(contribution);
