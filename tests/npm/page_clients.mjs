// Runs the clients of docs/clients.md, in the folder that holds the page's files.
import { strict as assert } from "node:assert";
import { pathToFileURL } from "node:url";
import { gql } from "@apollo/client";
import { gql as parsed } from "@urql/core";
import relay from "relay-runtime";

const [folder, url, token] = process.argv.slice(2);
const page = (name) => import(pathToFileURL(`${folder}/${name}`).href);

const list = `{ me { id memberships { nodes { group { id displayName } } } } }`;
const one = `query One($id: ID!) { userGroup(id: $id) { id displayName } }`;
let requests = 0;
// Each client sends the token of the newest answer, whichever client that was an answer to.
const HEADER = "consistency-token";
let newest = "";
const send = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  requests += 1;
  const sent = new Headers(init.headers).get(HEADER);
  assert.deepEqual(sent.split(",").sort(), newest.split(",").sort());
  const response = await send(input, init);
  newest = response.headers.get(HEADER);
  assert.match(newest, /^gAAAA/);
  return response;
};

// What a list has loaded is found by its id.
const apollo = (await page("src/apollo.ts")).client(url, token);
await apollo.query({ query: gql(list) });
const { data } = await apollo.query({ query: gql(one), variables: { id: "1" } });
assert.equal(requests, 1);
assert.equal(data.userGroup.displayName, "Demo classroom");
apollo.stop();

const urql = (await page("src/urql.ts")).client(url, token);
const warn = console.warn;
console.warn = (...words) => assert.fail(words.join(" "));
await urql.query(parsed(list), {}).toPromise();
const again = await urql.query(parsed(one), { id: "1" }).toPromise();
console.warn = warn;
assert.equal(requests, 2);
assert.equal(again.data.userGroup.displayName, "Demo classroom");

// A fragment on the interface is of all its types.
const charts = `query Charts { me { id classifications { ...C } } userGroup(id: "2") { id classifications { ...C } } }
fragment C on ClassificationStats { totalCount lastDay }`;
const apolloAgain = (await page("src/apollo.ts")).client(url, token);
for (const { data } of [
  await apolloAgain.query({ query: gql(charts) }),
  await urql.query(parsed(charts), {}).toPromise(),
]) {
  assert.equal(data.me.classifications.totalCount, 79);
  assert.equal(data.userGroup.classifications.totalCount, 1888);
}
apolloAgain.stop();

// A volunteer and a group of the same number are two records, and pages are appended.
const environment = (await page("relay/environment.ts")).environment(url, token);
const { default: query } = await page("relay/__generated__/ContributorsQuery.graphql.ts");
const variables = { id: "2", count: 2, cursor: null };
const found = await relay.fetchQuery(environment, query, variables).toPromise();
assert.equal(found.userGroup.name, "demo-showcase");
assert.equal(found.userGroup.classifications.memberBreakdown.edges.length, 2);
const records = environment.getStore().getSource();
assert.equal(records.get("UserGroup:2").name, "demo-showcase");
assert.equal(records.get("2"), undefined);
const numbers = records.getRecordIDs().filter((id) => /^(User|UserGroup):\d+$/.test(id));
assert.equal(numbers.filter((id) => id.startsWith("User:")).length, 2);

// Of answers to what was asked for at once nobody knows the newest: all go with the next request.
const { consistentFetch } = await page("src/consistent.ts");
const ask = () => consistentFetch(`${url}?query={classifications{totalCount}}`);
const checked = globalThis.fetch;
globalThis.fetch = send;
const tokens = (await Promise.all([ask(), ask()])).map(({ headers }) => headers.get(HEADER));
assert.notEqual(tokens[0], tokens[1]);
globalThis.fetch = checked;
newest = tokens.join();
await ask();
await ask();
console.log("done");
