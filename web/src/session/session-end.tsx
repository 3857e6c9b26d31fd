// That a sign-in ends, where the issuer gives no token to renew it with: somebody who only looks is
// led there and back at once, and whoever types or has a dialog open is asked first.

import { useEffect, useState, useSyncExternalStore } from "react";
import { useText } from "../texts/texts";
import { useSession } from "./session";
import { signInAtIssuer } from "./sign-in-at-issuer";

const AGAIN_MILLISECONDS = 5_000;
const nobody = { listen: () => () => undefined, standing: "good" } as const;

export function SessionEnd() {
  const text = useText();
  const { credentials, isOver } = useSession();
  const [failed, setFailed] = useState(false);
  const held = credentials ?? nobody;
  const now = useSyncExternalStore(held.listen, () => held.standing);
  const isEnding = now === "ending";
  useEffect(() => {
    if (!isEnding) return;
    const leave = () => {
      if (mayLeave()) signInAtIssuer(true).catch(() => setFailed(true));
    };
    leave();
    const timer = setInterval(leave, AGAIN_MILLISECONDS);
    document.addEventListener("visibilitychange", leave);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", leave);
    };
  }, [isEnding]);
  if (now === "good" && !isOver) return null;
  return (
    <div className="notice wide" role="alert">
      <p>
        {text(isEnding ? "session.ending" : "session.over")}
        {failed && ` ${text("signIn.failed")}`}
      </p>
      <button
        type="button"
        className="button"
        onClick={() => signInAtIssuer(false).catch(() => setFailed(true))}
      >
        {text(isEnding ? "session.stay" : "session.again")}
      </button>
    </div>
  );
}

/** Whether nothing is lost that somebody has begun here. */
function mayLeave(): boolean {
  const isTyping = document.activeElement?.matches("input, textarea, select") ?? false;
  return !document.hidden && !isTyping && document.querySelector("[role$='dialog']") === null;
}
