// Who is signed in: a token in memory alone. Another token is another client with an empty cache,
// so that nothing of one viewer is shown to another.

import { createContext, type ReactNode, useContext, useMemo, useState } from "react";
import { Provider } from "urql";
import { createClient } from "../graphql/client";
import { root } from "../root";
import { ViewerProvider } from "./viewer";

interface Session {
  readonly signedIn: boolean;
  readonly signIn: (token: string) => void;
  readonly signOut: () => void;
  /** Ask the gateway for what is not GraphQL, as this viewer; `path` is below the root. */
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>;
}

const SessionContext = createContext<Session | null>(null);

export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const [token, setToken] = useState<string | null>(null);
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
        <ViewerProvider key={token}>{children}</ViewerProvider>
      </Provider>
    </SessionContext>
  );
}

function askAs(token: string | null, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (token !== null) headers.set("authorization", `Bearer ${token}`);
  return fetch(root + path, { ...init, headers, credentials: "omit" });
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("There is no session around this component.");
  return session;
}
