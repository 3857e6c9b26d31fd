// Live answers: one WebSocket a tab, opened when a page is watched and closed with the last watch.
// What arrives is written into the cache, from which the page is shown.

import { type ExecutionResult, subscriptionExchange, type SubscriptionForwarder } from "@urql/core";
import type { Client, Sink, SubscribePayload } from "graphql-ws";
import { root } from "../root";
import type { Credentials } from "../session/credentials";
import { beforeAnswers, keepToken, newestTokens } from "./consistent";

type Data = Record<string, unknown>;
type Extensions = { consistencyToken?: string };
type Asked = Parameters<SubscriptionForwarder>[0];

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

/**
 * Follow a subscription until the returned function is called. What a request is answered may be
 * newer than the next live answer: before it is shown, the subscription begins anew from there.
 */
function follow(client: Client, request: Asked, sink: Sink<ExecutionResult>): () => void {
  let leave = () => {};
  const begin = () => {
    let isCurrent = true;
    let sent = "";
    const payload: SubscribePayload = {
      ...request,
      query: request.query ?? NO_TEXT,
      extensions: {
        ...request.extensions,
        // Read when it is sent, which is again on each connection.
        get consistencyToken() {
          sent = newestTokens();
          return sent;
        },
      },
    };
    const ended = (tell: () => void) => {
      if (!isCurrent) return;
      ignore();
      tell();
    };
    const end = client.subscribe<Data, Extensions>(payload, {
      next(answer) {
        if (!isCurrent) return;
        const token = answer.extensions?.consistencyToken;
        if (token !== undefined) {
          keepToken(token, sent);
          sent = token;
        }
        sink.next(answer as ExecutionResult);
      },
      error: (reason) => ended(() => sink.error(reason)),
      complete: () => ended(() => sink.complete()),
    });
    // Not before: the socket is closed with the last that is followed.
    leave();
    leave = () => {
      isCurrent = false;
      end();
    };
  };
  const ignore = beforeAnswers(begin);
  begin();
  return () => {
    ignore();
    leave();
  };
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
          if (!ended) end = follow(client, request, sink);
        }, sink.error);
        return { unsubscribe: () => end() };
      },
    }),
  });
}
