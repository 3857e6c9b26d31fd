// Does with npm's panoptes-client what each line of its input says.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

// The client talks to its developers; the answers are for the tests alone.
const answered = console.log.bind(console);
for (const level of ["log", "info", "warn", "error"]) console[level] = () => {};

const require = createRequire(import.meta.url);
const config = require("panoptes-client/lib/config");
const apiClient = require("panoptes-client");
const auth = require("panoptes-client/lib/auth");

const { TOKEN, SIGN_IN_HOST } = process.env;
if (TOKEN) apiClient.headers.Authorization = `Bearer ${TOKEN}`;
// Where people sign in stands beside whoever has the groups.
if (SIGN_IN_HOST) config.host = SIGN_IN_HOST;

const kept = {};
const groups = apiClient.type("user_groups");
const memberships = apiClient.type("memberships");
const names = ["id", "name", "display_name", "stats_visibility", "join_token"];
const shown = (group) => Object.fromEntries(names.map((name) => [name, group[name] ?? null]));
const role = ({ id, state, roles }) => ({ id, state, roles });
const standing = (one) => [one.links.user, one.state, ...one.roles];
const fresh = (type, id) => type.get(String(id), {});

const actions = {
  async create(values) {
    kept.group = await groups.create(values).save();
    return shown(kept.group);
  },
  async edit(values) {
    await kept.group.update(values).save();
    return Object.fromEntries(Object.keys(values).map((name) => [name, kept.group[name]]));
  },
  find: async (id) => shown(await fresh(groups, id)),
  search: async (query) => (await groups.get(query)).map(({ id }) => id),
  members: async (query) => (await memberships.get(query)).map(standing),
  async membersOfGroup(id) {
    const group = await fresh(groups, id);
    return (await group.get("memberships")).map(standing);
  },
  async usersOfGroup(id) {
    const group = await fresh(groups, id);
    return (await group.get("users")).map((user) => user.id).sort();
  },
  async groupOfMembership(id) {
    const membership = await fresh(memberships, id);
    return (await membership.get("user_group")).id;
  },
  async invite(id, users) {
    await (await fresh(groups, id)).addLink("users", users.map(String));
  },
  async remove(id, users) {
    await (await fresh(groups, id)).removeLink("users", users.map(String));
  },
  async join(group, user, token) {
    const links = { user: String(user), user_group: String(group) };
    kept.membership = await memberships.create({ join_token: token, links }).save();
    return role(kept.membership);
  },
  async set_state(state) {
    await kept.membership.update({ state }).save();
    return kept.membership.state;
  },
  async set_roles(id, roles) {
    const membership = await fresh(memberships, id);
    await membership.update({ roles }).save();
    return membership.roles;
  },
  membership_of: async (user, group) =>
    (await memberships.get({ user_id: String(user), user_group_id: String(group) }))[0].id,
  async end_membership(id) {
    await (await fresh(memberships, id)).delete();
  },
  async end_group(id) {
    await (await fresh(groups, id)).delete();
  },
  async check_current() {
    const user = await auth.checkCurrent();
    return user && { id: user.id, login: user.login };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { call, arguments: given } = JSON.parse(line);
  let answer;
  try {
    answer = { value: (await actions[call](...given)) ?? null };
  } catch (error) {
    answer = { kind: error.constructor.name, error: error.message, status: error.status ?? null };
  }
  answered(JSON.stringify(answer));
}
process.exit(0);
