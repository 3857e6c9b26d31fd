// Watches a page with a client of docs/clients.md, in the folder that holds the page's files.
// Prints what the application sees: {page, asked} for the watched query with how often it was asked,
// {frame} for an answer where there is no cache, {errors} for their codes, {over} at the end. For
// whatever it is told it asks something else, and prints which tokens were {sent} with that.
import { pathToFileURL } from "node:url";
import { CombinedGraphQLErrors, CombinedProtocolErrors, gql } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { gql as parsed } from "@urql/core";

const [name, folder, url, token] = process.argv.slice(2);
const page = (file) => import(pathToFileURL(`${folder}/src/${file}`).href);
const { client: apollo } = await page("apollo.ts");
const { client: urql } = await page("urql.ts");
const { socket } = await page("live/socket.ts");
const { events } = await page("live/events.ts");
const { consistentFetch } = await page("consistent.ts");

const fragment = `fragment Page on Query {
  me { id login }
  project(id: "1") { id classifications { totalCount } }
}`;
const query = `query Page { ...Page } ${fragment}`;
const subscription = `subscription LivePage { live { ...Page } } ${fragment}`;

const OTHER = "?query={comments{totalCount}}";
const say = (line) => console.log(JSON.stringify(line));

let asked = 0;
const send = globalThis.fetch;
globalThis.fetch = (input, init) => {
  if (init?.body?.includes("query Page")) asked += 1;
  if (input.endsWith(OTHER)) say({ sent: init.headers.get("consistency-token").split(",") });
  return send(input, init);
};

process.stdin.on("data", () => consistentFetch(url + OTHER)).unref();

const showErrors = (errors) => say({ errors: errors.map(({ extensions }) => extensions.code) });

// Without a cache there are only frames.
function watchFrames(client) {
  client.subscribe(
    { query: subscription },
    {
      next: ({ data, errors }) => (errors ? showErrors(errors) : say({ frame: data.live })),
      error: (errors) => (Array.isArray(errors) ? showErrors(errors) : say({ failed: `${errors}` })),
      complete: () => say({ over: true }),
    },
  );
}

function watchApollo(client) {
  client.watchQuery({ query: gql(query) }).subscribe(({ data, dataState }) => {
    if (dataState === "complete") say({ page: data, asked });
  });
  client.subscribe({ query: gql(subscription) }).subscribe({
    next({ error }) {
      if (!error) return;
      const known = CombinedProtocolErrors.is(error) || CombinedGraphQLErrors.is(error);
      known ? showErrors(error.errors) : say({ failed: `${error}` });
    },
    error: (error) => say({ failed: `${error}` }),
    complete: () => say({ over: true }),
  });
}

function watchUrql(client) {
  client.query(parsed(query), {}).subscribe(({ data }) => data && say({ page: data, asked }));
  let last;
  client.subscription(parsed(subscription), {}).subscribe(({ error }) => {
    // At the end urql repeats the last answer.
    if (`${error}` === last) return;
    last = `${error}`;
    if (error?.graphQLErrors.length) showErrors(error.graphQLErrors);
    else if (error) say({ failed: `${error}` });
  });
}

const watch = {
  "graphql-sse": () => watchFrames(events(url, token)),
  "graphql-ws": () => watchFrames(socket(url, token)),
  "@apollo/client": () => watchApollo(apollo(url, token)),
  "@apollo/client with graphql-ws": () =>
    watchApollo(apollo(url, token, new GraphQLWsLink(socket(url, token)))),
  "@urql/core": () => watchUrql(urql(url, token)),
  "@urql/core with graphql-ws": () => watchUrql(urql(url, token, socket(url, token))),
};
watch[name]();
