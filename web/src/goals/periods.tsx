import type { GoalFragment } from "../generated/goals/graphql";
import { useNumbers } from "../texts/numbers";
import { useText } from "../texts/texts";
import { useGoalWords } from "./words";

/** The last weeks or months of a goal that repeats, and how many of them were reached in a row. */
export function Periods({ goal }: { readonly goal: GoalFragment }) {
  const text = useText();
  const numbers = useNumbers();
  const words = useGoalWords();
  const { metric, periods, repeats, status, streak } = goal;
  if (repeats === null) return null;
  return (
    <>
      <p className="note">{text(`goals.streak.${repeats}`, { count: streak })}</p>
      <ol className="periods" aria-label={text(`goals.last.${repeats}`)}>
        {periods.map(({ start, value, reached }, place) => (
          <li key={start} className={reached ? "reached" : "open"}>
            <span className="note">{numbers.tick(start, "week")}</span>
            <strong>{words.amount(metric, value)}</strong>
            <span className="unseen">
              {text(
                reached
                  ? "goals.periodReached"
                  : place === periods.length - 1 && status !== "ENDED"
                    ? "goals.open"
                    : "goals.missed",
              )}
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}
