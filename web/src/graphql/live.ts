// Live answers: one WebSocket a tab, opened when a page is watched and closed with the last watch.
// What arrives is written into the cache, from which the page is shown.

import { type ExecutionResult, subscriptionExchange } from "@urql/core";
import type { Client, SubscribePayload } from "graphql-ws";
import { root } from "../root";

const NO_TEXT = "";
const ATTEMPTS = 10;
const LONGEST_WAIT_SECONDS = 60;

async function openSocket(token: string | null): Promise<Client> {
  // Not before something is watched: the page is drawn without it.
  const { createClient } = await import("graphql-ws");
  return createClient({
    url: new URL(`${root}graphql`, location.href.replace(/^http/, "ws")).href,
    connectionParams: token === null ? {} : { authorization: `Bearer ${token}` },
    // Operations are named by their hash. The library insists on a text, the protocol does not.
    jsonMessageReplacer: (key, value) => (key === "query" && value === NO_TEXT ? undefined : value),
    retryAttempts: ATTEMPTS,
    // So that all who were connected to a server that stops do not come back at once.
    retryWait: (attempt) => {
      const seconds = Math.min(2 ** attempt, LONGEST_WAIT_SECONDS) * (0.5 + Math.random() / 2);
      return new Promise((done) => setTimeout(done, seconds * 1000));
    },
  });
}

export function liveExchange(token: string | null) {
  let socket: Promise<Client> | undefined;
  return subscriptionExchange({
    forwardSubscription: (request) => ({
      subscribe(sink) {
        let ended = false;
        let end = () => {
          ended = true;
        };
        socket ??= openSocket(token);
        socket.then((client) => {
          if (ended) return;
          const payload: SubscribePayload = { ...request, query: request.query ?? NO_TEXT };
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
