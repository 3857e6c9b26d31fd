import { lazy, Suspense, useState } from "react";
import { CommandButton } from "../forms/command-button";
import { type TextId, useText } from "../texts/texts";
import { useSession } from "./session";
import { signInAtIssuer } from "./sign-in-at-issuer";
import { useViewer } from "./viewer";

const SignIn = lazy(() => import("./sign-in"));

export function SessionBar() {
  const text = useText();
  const { signedIn, signIn, signOut } = useSession();
  const { viewer } = useViewer();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<TextId | null>(null);
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
  const begin = async () => {
    setBusy(true);
    setProblem(null);
    try {
      // Without an issuer somebody pastes a token.
      if (!(await signInAtIssuer(false))) setAsking(true);
    } catch {
      setProblem("signIn.failed");
    }
    setBusy(false);
  };
  const close = () => setAsking(false);
  return (
    <div className="session">
      {problem && (
        <span className="who" role="alert">
          {text(problem)}
        </span>
      )}
      <CommandButton busy={busy} onClick={begin}>
        {text("session.signIn")}
      </CommandButton>
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
