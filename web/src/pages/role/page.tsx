// The short address of a role of the demo: it signs in, and leads to the overview.

import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { useTitle } from "../../parts/use-title";
import { Waiting } from "../../parts/waiting";
import { tokenOfRole } from "../../session/role";
import { useSession } from "../../session/session";
import { useText } from "../../texts/texts";

export default function RolePage({ role }: { readonly role: string }) {
  const text = useText();
  const { signIn } = useSession();
  const [, navigate] = useLocation();
  const [failed, setFailed] = useState(false);
  useTitle(text("signIn.title"));
  useEffect(() => {
    let isCurrent = true;
    tokenOfRole(role)
      .then((token) => {
        if (!isCurrent) return;
        signIn(token);
        navigate("/", { replace: true });
      })
      .catch(() => setFailed(true));
    return () => {
      isCurrent = false;
    };
    // Once for each role: the session changes by what is done here.
  }, [role]);
  return (
    <div className="missing">
      <h1>{text("signIn.title")}</h1>
      {failed ? <p role="alert">{text("signIn.failed")}</p> : <Waiting figures={0} />}
    </div>
  );
}
