// What the resolvers ask of the database: one statement for all objects of a level.
import { pieces } from "./pieces.js";
import { seesAggregates, seesIndividuals } from "../shared/visibility.js";
import { rows } from "./statements.js";

const levels = [
  "PRIVATE_AGG_ONLY", "PRIVATE_SHOW_AGG_AND_IND", "PUBLIC_AGG_ONLY",
  "PUBLIC_AGG_SHOW_IND_IF_MEMBER", "PUBLIC_SHOW_ALL",
];
const coarsest = { DAY: 0, WEEK: 0, MONTH: 1, YEAR: 2 };
const refused = (what) => new Error(`You may not see ${what}.`);
const sums = (row) => ({ count: row.n, timeSpent: row.ms / 1000 });

const contribution = (row) => ({
  project: row.project_id
    ? { id: row.project_id, slug: row.slug, displayName: row.display_name } : null,
  ...sums(row),
});

/** The period that suits a range: up to 31 days by day, 183 by week, 1,460 by month, else by year. */
const periodFor = ({ start, end }) => {
  if (start === null) return "YEAR";
  const days = ((end === null ? Date.now() : Date.parse(end)) - Date.parse(start)) / 86_400_000 + 1;
  if (days <= 31) return "DAY";
  if (days <= 183) return "WEEK";
  return days <= 1460 ? "MONTH" : "YEAR";
};

/** Statistics are their subject and range; what they come to is read when it is asked for. */
export const statsOf = (kind, id, range) => ({
  kind, id, start: range?.start ?? null, end: range?.end ?? null,
});

/** Answers for many statistics, in their order: one statement for each kind and range. */
export const together = async (wanted, statement, of, grain, ...more) => {
  const questions = new Map();
  for (const one of wanted) {
    const key = `${one.kind} ${one.start} ${one.end}`;
    const asked = questions.get(key) ?? { ...one, ids: [], found: new Map() };
    asked.ids.push(one.id);
    questions.set(key, asked);
  }
  await Promise.all([...questions.values()].map(async ({ kind, ids, start, end, found }) => {
    for (const row of await rows(`${kind}_${statement}`, ids, ...pieces(start, end, grain), ...more)) {
      const known = found.get(row.id);
      if (known === undefined) found.set(row.id, [row]);
      else known.push(row);
    }
  }));
  return wanted.map(({ kind, start, end, id }) =>
    of(questions.get(`${kind} ${start} ${end}`).found.get(id) ?? []));
};

export const totals = (wanted) =>
  together(wanted, "totals", ([row]) => (row ? sums(row) : { count: 0, timeSpent: 0 }));

export const contributions = (wanted) =>
  together(wanted, "projects", (found) => found.map(contribution));

export const activeUsers = (wanted) =>
  together(wanted, "active_users", ([row]) => row?.n ?? 0);

export const buckets = async (queries) => {
  const period = queries[0].params.period ?? periodFor(queries[0].obj);
  const same = queries.filter(({ obj, params }) => (params.period ?? periodFor(obj)) === period);
  const found = await together(
    same.map(({ obj }) => obj), "buckets",
    (all) => all.map((row) => ({ startsOn: row.period, ...sums(row) })),
    coarsest[period], period.toLowerCase(),
  );
  const answers = new Map(same.map((query, index) => [query, found[index]]));
  const others = queries.filter((query) => !answers.has(query));
  const rest = others.length ? await buckets(others) : [];
  others.forEach((query, index) => answers.set(query, rest[index]));
  return queries.map((query) => answers.get(query));
};

export const user = async (id) => {
  const [row] = await rows("viewer", id);
  return row ? { id: row.id, login: row.login, displayName: row.display_name } : null;
};

export const userGroup = async (id, viewer) => {
  const [row] = await rows("user_group", id, viewer);
  if (row === undefined) return null;
  const membership = row.state
    ? { state: row.state.toUpperCase(), roles: JSON.parse(row.roles).map((role) => role.toUpperCase()) } : null;
  const level = levels[row.stats_visibility];
  return {
    id: row.id,
    name: row.name,
    displayName: row.display_name,
    statsVisibility: level,
    viewerMembership: membership,
    aggregates: seesAggregates(level, membership),
    individuals: seesIndividuals(level, membership),
  };
};

export const groupStats = (group, range) => {
  if (!group.aggregates) throw refused("this group's statistics");
  return { ...statsOf("group", group.id, range), individuals: group.individuals };
};

export const project = async (id) => {
  const [row] = await rows("project", id);
  return row ? { id: row.id, slug: row.slug, displayName: row.display_name } : null;
};

export const workflows = async ({ id }) => ({
  nodes: (await rows("project_workflows", id)).map((row) => ({
    id: row.id, displayName: row.display_name, active: row.active, completeness: row.completeness,
  })),
});

const members = async ({ id, start, end, individuals }, limit) => {
  if (!individuals) throw refused("this group's statistics by member");
  return (await rows("group_ranking", id, ...pieces(start, end), limit)).map((row) => ({
    user: { id: row.user_id, login: row.login, displayName: row.display_name },
    ...sums(row),
    group: { id, start, end },
  }));
};

export const topContributors = (stats, { first }) => members(stats, first);

export const memberBreakdown = async (stats, { first }) => {
  // One more than asked for tells whether there is a next page.
  const found = await members(stats, first + 1);
  const nodes = found.slice(0, first);
  const last = nodes.at(-1);
  return {
    nodes,
    pageInfo: {
      hasNextPage: found.length > first,
      endCursor: last ? Buffer.from(JSON.stringify(["count", last.count, Number(last.user.id)])).toString("base64") : null,
    },
    stats,
  };
};

/** The contributions of the members of one list. */
export const memberContributions = async (queries) => {
  const [{ obj: { group: { id, start, end } } }] = queries;
  const found = Map.groupBy(
    await rows(
      "member_projects", id, ...pieces(start, end), queries.map(({ obj }) => obj.user.id),
    ),
    (row) => row.id,
  );
  return queries.map(({ obj, params }) =>
    (found.get(obj.user.id) ?? []).slice(0, params.first ?? undefined).map(contribution));
};
