// Live answers: one WebSocket a tab, opened when a page is watched and closed with the last watch.
// What arrives is written into the cache, from which the page is shown.

import { type ExecutionResult, subscriptionExchange } from "@urql/core";
import type { Client, SubscribePayload } from "graphql-ws";
import { root } from "../root";
import type { Credentials } from "../session/credentials";
import { newestToken } from "./consistent";

const NO_TEXT = "";
const ATTEMPTS = 10;
const LONGEST_WAIT_SECONDS = 60;

async function openSocket(credentials: Credentials | null): Promise<Client> {
  // Not before something is watched: the page is drawn without it.
  const { createClient } = await import("graphql-ws");
  const client = createClient({
    url: new URL(`${root}graphql`, location.href.replace(/^http/, "ws")).href,
    connectionParams: () =>
      credentials === null ? {} : { authorization: `Bearer ${credentials.token}` },
    // Operations are named by their hash. The library insists on a text, the protocol does not.
    jsonMessageReplacer: (key, value) => (key === "query" && value === NO_TEXT ? undefined : value),
    retryAttempts: ATTEMPTS,
    // So that all who were connected to a server that stops do not come back at once.
    retryWait: (attempt) => {
      const seconds = Math.min(2 ** attempt, LONGEST_WAIT_SECONDS) * (0.5 + Math.random() / 2);
      return new Promise((done) => setTimeout(done, seconds * 1000));
    },
  });
  // The gateway ends what is watched when the token ends that the socket was opened with.
  let opened = credentials?.token;
  credentials?.listen(() => {
    if (opened === credentials.token) return;
    opened = credentials.token;
    client.terminate();
  });
  return client;
}

/** `credentials` are those of the client around it, and end with it. */
export function liveExchange(credentials: Credentials | null) {
  let socket: Promise<Client> | undefined;
  return subscriptionExchange({
    forwardSubscription: (request) => ({
      subscribe(sink) {
        let ended = false;
        let end = () => {
          ended = true;
        };
        socket ??= openSocket(credentials);
        socket.then((client) => {
          if (ended) return;
          const payload: SubscribePayload = {
            ...request,
            query: request.query ?? NO_TEXT,
            extensions: { ...request.extensions, consistencyToken: newestToken() },
          };
          end = client.subscribe(payload, {
            next: (answer) => sink.next(answer as ExecutionResult),
            error: (reason) => sink.error(reason),
            complete: () => sink.complete(),
          });
        }, sink.error);
        return { unsubscribe: () => end() };
      },
    }),
  });
}
