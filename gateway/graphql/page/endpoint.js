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

export async function send(token, body) {
  const headers = {
    "Content-Type": "application/json",
    Accept: "application/graphql-response+json, application/json;q=0.9",
  };
  if (token) headers.Authorization = `Bearer ${token}`;
  const started = performance.now();
  const response = await fetch(ENDPOINT, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
    credentials: "omit",
    cache: "no-store",
  });
  const text = await response.text();
  return { response, text, milliseconds: performance.now() - started };
}
