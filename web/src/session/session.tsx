// Who is signed in: a token in memory alone. Another token is another client with an empty cache,
// so that nothing of one viewer is shown to another.

import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { Provider } from "urql";
import { createClient } from "../graphql/client";
import { Waiting } from "../parts/waiting";
import { root } from "../root";
import { config } from "./config";
import { takeToken } from "./token-in-link";
import { ViewerProvider } from "./viewer";

interface Session {
  readonly signedIn: boolean;
  readonly signIn: (token: string) => void;
  readonly signOut: () => void;
  /** Ask the gateway for what is not GraphQL, as this viewer; `path` is below the root. */
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>;
}

const SessionContext = createContext<Session | null>(null);

// When this is loaded: before anything is drawn, asked for or clicked.
const brought = takeToken();

export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const [token, setToken] = useState<string | null>(null);
  const arriving = useTokenInLink(setToken);
  const client = useMemo(() => createClient(token), [token]);
  const session = useMemo(
    () => ({
      signedIn: token !== null,
      signIn: setToken,
      signOut: () => setToken(null),
      ask: (path: string, init?: RequestInit) => askAs(token, path, init),
    }),
    [token],
  );
  return (
    <SessionContext value={session}>
      <Provider value={client}>
        <ViewerProvider key={token}>
          {arriving ? <Waiting figures={3} /> : children}
        </ViewerProvider>
      </Provider>
    </SessionContext>
  );
}

function askAs(token: string | null, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (token !== null) headers.set("authorization", `Bearer ${token}`);
  return fetch(root + path, { ...init, headers, credentials: "omit" });
}

/**
 * Sign in with the token of a link, where the gateway lets links do that: elsewhere somebody could
 * sign another in as themselves, who would then work and write in the wrong name. Returns whether
 * that is still being found out.
 */
function useTokenInLink(setToken: (change: (now: string | null) => string | null) => void) {
  const [arriving, setArriving] = useState(brought !== null);
  useEffect(() => {
    const admit = async (token: string) => {
      const { tokenInFragment } = await config();
      // Nobody is signed out by a link.
      if (tokenInFragment) setToken((now) => now ?? token);
    };
    const look = () => {
      const token = takeToken();
      if (token !== null) admit(token).catch(() => undefined);
    };
    window.addEventListener("hashchange", look);
    if (brought !== null) {
      admit(brought)
        .catch(() => undefined)
        .finally(() => setArriving(false));
    }
    return () => window.removeEventListener("hashchange", look);
  }, [setToken]);
  return arriving;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("There is no session around this component.");
  return session;
}
