// Where the issuer leads back to. Without an answer of it, a place to sign in.

import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { useTitle } from "../../parts/use-title";
import { Waiting } from "../../parts/waiting";
import { root } from "../../root";
import { type Answer, isAnswered, takeAnswer } from "../../session/answer";
import { config } from "../../session/config";
import { useSession } from "../../session/session";
import { type TextId, useText } from "../../texts/texts";

export default function SignInPage() {
  const text = useText();
  const { signIn, endByIssuer } = useSession();
  const [, navigate] = useLocation();
  const [waits] = useState(isAnswered);
  const [problem, setProblem] = useState<TextId | null>(null);
  useTitle(text("signIn.title"));
  useEffect(() => {
    // Not while rendering, which may be done again.
    const answer = takeAnswer();
    if (answer === null) return;
    const goOn = async () => {
      const finished = await finishAt(answer);
      if (typeof finished === "string") return setProblem(finished);
      if (finished.credentials === null) endByIssuer();
      else signIn(finished.credentials);
      navigate(`/${finished.path.slice(root.length)}`, { replace: true });
    };
    goOn().catch(() => setProblem("signIn.failed"));
    // Once: the session changes by what is done here.
  }, []);
  return (
    <div className="missing">
      <h1>{text("signIn.title")}</h1>
      {problem && (
        <div className="notice" role="alert">
          <p>{text(problem)}</p>
        </div>
      )}
      {waits && !problem ? <Waiting figures={0} /> : <p>{text("signIn.explain")}</p>}
    </div>
  );
}

async function finishAt(answer: Answer) {
  const { signIn } = await config();
  if (signIn === null) return "signIn.notBegun";
  const { finish, Issued, NotSignedIn } = await import("../../session/issuer");
  try {
    const { grant, path } = await finish(signIn, answer);
    return { credentials: grant && new Issued(signIn, grant), path };
  } catch (error) {
    if (error instanceof NotSignedIn) return `signIn.${error.reason}` as const;
    throw error;
  }
}
