import type { CombinedError } from "@urql/core";
import { problemOf } from "../graphql/problems";
import { useText } from "../texts/texts";

interface Properties {
  readonly error: CombinedError;
  readonly onAgain: () => void;
  /** Whether the rest of the page is there. */
  readonly partly?: boolean;
}

/** Says in a sentence why something is not there, and offers to try again. */
export function Notice({ error, onAgain, partly = false }: Properties) {
  const text = useText();
  return (
    <div className="notice" role="alert">
      <p>
        <strong>{text(partly ? "problem.partly" : "problem.title")}</strong>{" "}
        {text(problemOf(error))}
      </p>
      <button type="button" className="button" onClick={onAgain}>
        {text("problem.again")}
      </button>
    </div>
  );
}
