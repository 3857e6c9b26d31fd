// The initial state of GraphiQL: the examples as tabs, with the token of the link in their headers.

// The small page stores the token under the same name.
const TOKEN = "stats-gateway.token";
const TABS = "graphiql:tabState";
// A subscription: anyone may follow it, whatever data there is.
const LIVE = `# The answer is sent again when it changes, until you press Stop.
subscription Live {
  live {
    classifications {
      totalCount
    }
  }
}
`;
const NO_TOKEN = '// { "Authorization": "Bearer …" }';

/**
 * GraphiQL's properties for these examples. GraphiQL stores everything in `storage`, which ends with
 * the browser tab, because its headers and its history contain a token.
 */
export async function openSession(examples, storage) {
  const link = readLink();
  if (link.has("token")) keep(storage, link.get("token").trim());
  if (link.has("role")) keep(storage, await tokenOfRole(link.get("role")));
  if (link.size) storage.removeItem(TABS);
  const token = storage.getItem(TOKEN);
  const headers = headersFor(token);
  const fitting = (await fitted(token)) ?? examples;
  const tabs = [...fitting, { query: LIVE, variables: {} }].map(({ query, variables }) => ({
    query,
    variables: Object.keys(variables).length ? JSON.stringify(variables, null, 2) : "",
    headers,
  }));
  // A link without a query opens the first example.
  for (const part of ["query", "variables"]) {
    if (link.has(part)) tabs[0][part] = link.get(part);
  }
  const active = activeTab(storage) ?? tabs[0];
  return {
    storage,
    shouldPersistHeaders: true,
    defaultTabs: tabs,
    defaultHeaders: headers,
    // The editors need these: GraphiQL does not fill them from its tabs.
    initialQuery: active.query,
    initialVariables: active.variables,
    initialHeaders: active.headers,
  };
}

/** The token of a role of the demo; nothing at any other server. */
async function tokenOfRole(role) {
  const root = location.pathname.replace(/graphql\/?$/, "");
  try {
    const answer = await fetch(`${root}demo/${encodeURIComponent(role)}`, { method: "POST" });
    return answer.ok ? (await answer.json()).token : "";
  } catch {
    return "";
  }
}

/** The examples with variables that fit the data the token may see; null if the request fails. */
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

/** The parameters of a link after "#", which browsers never send to a server; removes them from the URL. */
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

/** The active tab of the last visit; undefined on the first one. */
function activeTab(storage) {
  const state = JSON.parse(storage.getItem(TABS));
  return state?.tabs[state.activeTabIndex];
}
