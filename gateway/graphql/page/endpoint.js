// Sends operations to the endpoint that served this page.

export const ENDPOINT = location.pathname;

/** The page's examples, with variables that fit the data the token may see. */
export async function fittedExamples(token) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const response = await fetch(`${ENDPOINT.replace(/\/$/, "")}/examples`, {
    headers,
    credentials: "omit",
    cache: "no-store",
  });
  if (!response.ok) throw new Error(response.statusText);
  return response.json();
}

/** The response to an operation: a stream only for a subscription. */
export function post(token, body, signal) {
  const headers = {
    "Content-Type": "application/json",
    Accept: "application/graphql-response+json, application/json;q=0.9, text/event-stream;q=0.1",
  };
  if (token) headers.Authorization = `Bearer ${token}`;
  return fetch(ENDPOINT, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
    credentials: "omit",
    cache: "no-store",
    signal,
  });
}

/** Calls `show` with each answer and what is to be said of it: a subscription has many. */
export async function send(token, body, show, signal) {
  const started = performance.now();
  const response = await post(token, body, signal);
  if (response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
    return follow(response, show);
  }
  const text = await response.text();
  show(response, text, `${(performance.now() - started).toFixed(0)} ms`);
}

/** Reads server-sent events until they are complete; an error if they end before. */
async function follow(response, show) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let number = 0;
  for (let piece; !(piece = await reader.read()).done; ) {
    const blocks = (rest + piece.value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      if (block.startsWith("event: complete")) return;
      if (block.startsWith("event: next")) show(response, block.slice(block.indexOf("{")), `live, answer ${++number}`);
    }
  }
  throw new Error("The subscription has ended: run it again.");
}
