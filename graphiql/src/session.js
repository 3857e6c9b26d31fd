// What GraphiQL starts with: the examples as tabs, the token of the link in their headers.

// The small page keeps the token under the same name.
const TOKEN = "stats-gateway.token";
const TABS = "graphiql:tabState";
const NO_TOKEN = '// { "Authorization": "Bearer …" }';

/**
 * GraphiQL's properties for these examples. `storage` ends with the browser's tab, and everything
 * GraphiQL keeps is kept there: its headers carry a token, and so does its history.
 */
export async function openSession(examples, storage) {
  const link = readLink();
  if (link.has("token")) keep(storage, link.get("token").trim());
  if (link.size) storage.removeItem(TABS);
  const token = storage.getItem(TOKEN);
  const headers = headersFor(token);
  const fitting = (await fitted(token)) ?? examples;
  const tabs = fitting.map(({ query, variables }) => ({
    query,
    variables: Object.keys(variables).length ? JSON.stringify(variables, null, 2) : "",
    headers,
  }));
  // A link is of the first example, unless it says otherwise.
  for (const part of ["query", "variables"]) {
    if (link.has(part)) tabs[0][part] = link.get(part);
  }
  const active = activeTab(storage) ?? tabs[0];
  return {
    storage,
    shouldPersistHeaders: true,
    defaultTabs: tabs,
    defaultHeaders: headers,
    // Tabs alone do not fill the editors.
    initialQuery: active.query,
    initialVariables: active.variables,
    initialHeaders: active.headers,
  };
}

/** The examples with variables that fit what is there for the token's owner; null without answer. */
async function fitted(token) {
  try {
    const response = await fetch(`${location.pathname.replace(/\/$/, "")}/examples`, {
      headers: token ? { Authorization: `Bearer ${token}` } : {},
      credentials: "omit",
      cache: "no-store",
    });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

/** What a link carries behind "#", which browsers send to no server; it leaves the address. */
function readLink() {
  const link = new URLSearchParams(location.hash.slice(1));
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  return link;
}

function keep(storage, token) {
  if (token) storage.setItem(TOKEN, token);
  else storage.removeItem(TOKEN);
}

function headersFor(token) {
  return token ? JSON.stringify({ Authorization: `Bearer ${token}` }, null, 2) : NO_TOKEN;
}

/** The tab that was in front when this page was last here; undefined if it was not. */
function activeTab(storage) {
  const state = JSON.parse(storage.getItem(TABS));
  return state?.tabs[state.activeTabIndex];
}
