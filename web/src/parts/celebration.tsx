// What is reached while somebody looks is celebrated in one place over the page. Screen readers
// tell of it when they have time, and nothing moves for whoever wants no motion.

import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useState,
} from "react";
import { useLocation } from "wouter";
import { useText } from "../texts/texts";
import "./celebration.css";

// Of a page that nobody closes for days.
const SHOWN = 3;

type Celebrate = (sentence: string) => void;

const CelebrateContext = createContext<Celebrate | null>(null);

export function CelebrationProvider({ children }: { readonly children: ReactNode }) {
  const text = useText();
  const [{ reached, turn }, show] = useState<{ reached: readonly string[]; turn: number }>({
    reached: [],
    turn: 0,
  });
  const [path] = useLocation();
  const celebrate = useCallback<Celebrate>(
    (sentence) =>
      show((last) => ({
        reached: [...last.reached.filter((one) => one !== sentence), sentence].slice(-SHOWN),
        turn: last.turn + 1,
      })),
    [],
  );
  const close = useCallback(() => show((last) => ({ ...last, reached: [] })), []);
  // It belongs to the page that it happened on.
  useEffect(close, [path, close]);
  const any = reached.length > 0;
  return (
    <CelebrateContext value={celebrate}>
      {children}
      <div className={any ? "celebrating" : "unseen"}>
        {any && <Sparks key={turn} />}
        {/* Always there: screen readers tell what is added to it. */}
        <div role="status" aria-atomic="false">
          {reached.map((sentence) => (
            <p key={sentence} className="celebration">
              {sentence}
            </p>
          ))}
        </div>
        {any && (
          <button type="button" className="button" onClick={close}>
            {text("celebration.close")}
          </button>
        )}
      </div>
    </CelebrateContext>
  );
}

/** Gives a function that celebrates with a sentence. */
export function useCelebrate(): Celebrate {
  const celebrate = useContext(CelebrateContext);
  if (celebrate === null) throw new Error("There is nothing around this component to celebrate in.");
  return celebrate;
}

const SPARKS = 18;

function Sparks() {
  return (
    <svg className="sparks" viewBox="0 0 180 60" preserveAspectRatio="none" aria-hidden="true">
      {Array.from({ length: SPARKS }, (_, place) => (
        <rect key={place} x={place * 10 + 3} y={50 - (place % 4) * 4} width="3" height="5" rx="1" />
      ))}
    </svg>
  );
}
