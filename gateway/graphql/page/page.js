// The page: the operation, its variables and the token on one side, the answer on the other.

import { Editor } from "./editor.js";
import { fittedExamples, send } from "./endpoint.js";
import { highlightGraphQL, highlightJSON } from "./highlight.js";
import { layOut } from "./layout.js";
import { SchemaBrowser } from "./schema.js";

const byId = (id) => document.getElementById(id);
let examples = JSON.parse(byId("examples").textContent);
const query = new Editor(byId("query-editor"), highlightGraphQL, run);
const variables = new Editor(byId("variables-editor"), highlightJSON, run);
const token = byId("token");
const schema = new SchemaBrowser(byId("entries"), byId("search"), () => token.value.trim());

// The session storage ends with the browser tab, and with it the token.
const KEPT = "stats-gateway.token";
let latest = 0;
let running = new AbortController();

async function run() {
  const turn = ++latest;
  // What is followed gives way to what is run now.
  running.abort();
  running = new AbortController();
  const body = { query: query.text };
  try {
    if (variables.text.trim()) body.variables = JSON.parse(variables.text);
  } catch (error) {
    say("bad", "The variables are not valid JSON", error.message);
    return variables.area.focus();
  }
  byId("run").setAttribute("aria-busy", "true");
  try {
    await send(token.value.trim(), body, (...answer) => turn === latest && show(...answer), running.signal);
  } catch (error) {
    if (turn === latest) say("bad", "No answer", error.message);
  } finally {
    if (turn === latest) byId("run").removeAttribute("aria-busy");
  }
}

function show(response, text, remark) {
  byId("run").removeAttribute("aria-busy");
  let errors = 0;
  try {
    const answer = JSON.parse(text);
    errors = answer.errors?.length ?? 0;
    highlightJSON(byId("result"), layOut(answer));
  } catch {
    byId("result").textContent = text;
  }
  byId("result").scrollTo(0, 0);
  const status = `${response.status} ${response.statusText}`.trim();
  const count = errors ? `${errors} ${errors === 1 ? "error" : "errors"} · ` : "";
  const size = (new Blob([text]).size / 1024).toFixed(1);
  say(response.ok && !errors ? "good" : "bad", status, `${count}${remark} · ${size} KiB`);
}

function say(mood, outcome, details) {
  const strong = document.createElement("strong");
  strong.className = mood;
  strong.textContent = outcome;
  byId("status").replaceChildren(strong, ` · ${details}`);
}

function load({ query: text, variables: values }) {
  query.text = text;
  variables.text = Object.keys(values).length ? layOut(values) : "";
}

async function start() {
  token.value = sessionStorage.getItem(KEPT) ?? "";
  // A link may contain parameters after "#", which browsers never send to a server.
  const link = new URLSearchParams(location.hash.slice(1));
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  if (link.has("token")) keep(link.get("token"));
  if (link.has("role")) keep(await tokenOfRole(link.get("role")));
  link.delete("role");
  offer();
  if (examples.length) load(examples[0]);
  if (link.has("query")) query.text = link.get("query");
  if (link.has("variables")) variables.text = link.get("variables");
  const shown = query.text + variables.text;
  await fit();
  // Do not replace what the user has typed meanwhile.
  const first = examples.find((example) => !example.missing);
  if (first && !link.size && query.text + variables.text === shown) load(first);
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

/** Loads variables that fit the data of this server which the token may see. */
async function fit() {
  try {
    examples = await fittedExamples(token.value.trim());
  } catch {
    return; // The examples in the page fit the data of the demo.
  }
  offer();
}

function offer() {
  const options = examples.map(({ title, missing }, index) => {
    const option = new Option(missing ? `${title} (needs a ${missing})` : title, index);
    option.disabled = Boolean(missing);
    return option;
  });
  byId("example").replaceChildren(new Option("Choose…", ""), ...options);
}

function keep(value) {
  token.value = value;
  if (value.trim()) sessionStorage.setItem(KEPT, value.trim());
  else sessionStorage.removeItem(KEPT);
}

byId("run").addEventListener("click", run);
token.addEventListener("input", () => keep(token.value));
token.addEventListener("change", fit);
token.addEventListener("keydown", (event) => event.key === "Enter" && run());
byId("example").addEventListener("change", (event) => {
  if (event.target.value) load(examples[event.target.value]);
});
byId("browse").addEventListener("click", () => {
  const pane = byId("schema");
  pane.hidden = !pane.hidden;
  byId("browse").setAttribute("aria-expanded", String(!pane.hidden));
  if (!pane.hidden) schema.open();
});
start();
