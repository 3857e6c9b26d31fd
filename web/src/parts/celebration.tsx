// What is reached while somebody looks is celebrated in one place over the page: a new one takes
// the place of the one before. Screen readers tell of it when they have time, and nothing moves
// for whoever wants no motion.

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

type Celebrate = (sentence: string) => void;

const CelebrateContext = createContext<Celebrate | null>(null);

export function CelebrationProvider({ children }: { readonly children: ReactNode }) {
  const text = useText();
  const [{ sentence, turn }, show] = useState({ sentence: "", turn: 0 });
  const [path] = useLocation();
  const celebrate = useCallback<Celebrate>(
    (next) => show((last) => ({ sentence: next, turn: last.turn + 1 })),
    [],
  );
  const close = useCallback(() => show((last) => ({ ...last, sentence: "" })), []);
  // It belongs to the page that it happened on.
  useEffect(close, [path, close]);
  return (
    <CelebrateContext value={celebrate}>
      {children}
      <div className={sentence ? "celebrating" : "unseen"}>
        {sentence && <Sparks key={turn} />}
        {/* Always there: screen readers tell what changes in it. */}
        <p className={sentence ? "celebration" : undefined} role="status">
          {sentence}
        </p>
        {sentence && (
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
