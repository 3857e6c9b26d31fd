import { lazy, Suspense, useState } from "react";
import { useText } from "../texts/texts";
import { useSession } from "./session";
import { useViewer } from "./viewer";

const SignIn = lazy(() => import("./sign-in"));

export function SessionBar() {
  const text = useText();
  const { signedIn, signIn, signOut } = useSession();
  const { viewer } = useViewer();
  const [asking, setAsking] = useState(false);
  if (signedIn) {
    return (
      <div className="session">
        {viewer && (
          <span className="who">
            {text("session.signedIn", {
              name: viewer.displayName ?? viewer.login ?? text("session.unnamed", { id: viewer.id }),
            })}
          </span>
        )}
        <button type="button" className="button" onClick={signOut}>
          {text("session.signOut")}
        </button>
      </div>
    );
  }
  const close = () => setAsking(false);
  return (
    <div className="session">
      <button type="button" className="button" onClick={() => setAsking(true)}>
        {text("session.signIn")}
      </button>
      {asking && (
        <Suspense fallback={null}>
          <SignIn
            onClose={close}
            onToken={(token) => {
              close();
              signIn(token);
            }}
          />
        </Suspense>
      )}
    </div>
  );
}
