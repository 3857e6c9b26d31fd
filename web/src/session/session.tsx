// Who is signed in: a token in memory alone. Another token is another client with an empty cache,
// so that nothing of one viewer is shown to another.

import { createContext, type ReactNode, useContext, useMemo, useState } from "react";
import { Provider } from "urql";
import { createClient } from "../graphql/client";
import { ViewerProvider } from "./viewer";

interface Session {
  readonly signedIn: boolean;
  readonly signIn: (token: string) => void;
  readonly signOut: () => void;
}

const SessionContext = createContext<Session | null>(null);

export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const [token, setToken] = useState<string | null>(null);
  const client = useMemo(() => createClient(token), [token]);
  const session = useMemo(
    () => ({ signedIn: token !== null, signIn: setToken, signOut: () => setToken(null) }),
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

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("There is no session around this component.");
  return session;
}
