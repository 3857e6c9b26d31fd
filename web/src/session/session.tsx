// Who is signed in: a token in memory alone. Another person is another client with an empty cache,
// so that nothing of one viewer is shown to another; a renewed token is not another person.

import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { Provider } from "urql";
import { createClient } from "../graphql/client";
import { consistentFetch } from "../graphql/consistent";
import { Waiting } from "../parts/waiting";
import { root } from "../root";
// Takes what an issuer has answered out of the address.
import "./answer";
import { forgetBegun } from "./begun";
import { config } from "./config";
import { type Credentials, given } from "./credentials";
import { isReturnAddress } from "./return-path";
import { takeToken } from "./token-in-link";
import { ViewerProvider } from "./viewer";

interface Session {
  readonly signedIn: boolean;
  readonly credentials: Credentials | null;
  /** Whether somebody was signed in until the issuer ended it. */
  readonly isOver: boolean;
  /** With a token, or with what renews itself. */
  readonly signIn: (by: string | Credentials) => void;
  readonly signOut: () => void;
  /** What the issuer says of somebody who was signed in. */
  readonly endByIssuer: () => void;
  /** Ask the gateway for what is not GraphQL, as this viewer; `path` is below the root. */
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>;
}

interface State {
  readonly credentials: Credentials | null;
  readonly isOver: boolean;
  /** Another one for each person, and for nobody. */
  readonly number: number;
}

const SessionContext = createContext<Session | null>(null);

// When this is loaded: before anything is drawn, asked for or clicked.
const brought = takeToken();
if (!isReturnAddress(location.pathname)) forgetBegun();
// And when somebody goes back from the issuer to a page that the browser has kept.
window.addEventListener("pageshow", ({ persisted }) => persisted && forgetBegun());

export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const [{ credentials, isOver, number }, setState] = useState<State>({
    credentials: null,
    isOver: false,
    number: 0,
  });
  const client = useMemo(() => createClient(credentials), [credentials]);
  const session = useMemo(() => {
    const become = (next: Credentials | null, isOver = false) => {
      if (credentials !== next) credentials?.end();
      setState((now) => ({ credentials: next, isOver, number: now.number + 1 }));
    };
    return {
      signedIn: credentials !== null,
      credentials,
      isOver,
      signIn: (by: string | Credentials) => become(typeof by === "string" ? given(by) : by),
      signOut: () => become(null),
      endByIssuer: () => become(null, true),
      ask: (path: string, init?: RequestInit) => askAs(credentials, path, init),
    };
  }, [credentials, isOver]);
  const arriving = useTokenInLink(credentials === null ? session.signIn : null);
  return (
    <SessionContext value={session}>
      <Provider value={client}>
        <ViewerProvider key={number}>{arriving ? <Waiting figures={3} /> : children}</ViewerProvider>
      </Provider>
    </SessionContext>
  );
}

async function askAs(
  credentials: Credentials | null,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  if (credentials?.overdue) await credentials.renew?.();
  const headers = new Headers(init.headers);
  if (credentials !== null) headers.set("authorization", `Bearer ${credentials.token}`);
  return consistentFetch(root + path, { ...init, headers, credentials: "omit" });
}

/**
 * Sign in with the token of a link, where the gateway lets links do that: elsewhere somebody could
 * sign another in as themselves, who would then work and write in the wrong name. Nobody who is
 * signed in is signed out by a link: then `signIn` is null. Returns whether the document was opened
 * by such a link, and that is still being found out.
 */
function useTokenInLink(signIn: ((token: string) => void) | null): boolean {
  const [token, setToken] = useState(brought);
  const [arriving, setArriving] = useState(brought !== null);
  useEffect(() => {
    const look = () => {
      const next = takeToken();
      if (next !== null) setToken(next);
    };
    window.addEventListener("hashchange", look);
    return () => window.removeEventListener("hashchange", look);
  }, []);
  useEffect(() => {
    if (token === null) return;
    let isCurrent = true;
    config()
      .then(({ tokenInFragment }) => {
        if (isCurrent && tokenInFragment) signIn?.(token);
      })
      .catch(() => undefined)
      .finally(() => {
        if (!isCurrent) return;
        setToken(null);
        setArriving(false);
      });
    return () => {
      isCurrent = false;
    };
  }, [token, signIn]);
  return arriving;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("There is no session around this component.");
  return session;
}
