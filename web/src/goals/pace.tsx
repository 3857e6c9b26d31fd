import type { GoalFragment } from "../generated/goals/graphql";
import { useNumbers } from "../texts/numbers";
import { useText } from "../texts/texts";
import { useGoalWords } from "./words";

/** What there is to say about the way to a goal: the day it was reached, or the pace. */
export function Pace({ goal: { metric, progress, status } }: { readonly goal: GoalFragment }) {
  const text = useText();
  const numbers = useNumbers();
  const words = useGoalWords();
  const { reachedOn, perDay, expectedOn, neededPerDay, daysLeft, remaining } = progress;
  if (reachedOn !== null) {
    return <p className="note">{text("goals.reachedOn", { day: numbers.day(reachedOn) })}</p>;
  }
  if (status !== "RUNNING") return null;
  const said = [
    text("goals.remaining", { amount: words.amountOf(metric, remaining) }),
    ...(daysLeft !== null ? [text("goals.daysLeft", { days: daysLeft })] : []),
    ...(perDay !== null
      ? [text("goals.perDay", { amount: words.amountOf(metric, rounded(perDay)) })]
      : []),
    ...(neededPerDay !== null
      ? [text("goals.needed", { amount: words.amountOf(metric, rounded(neededPerDay)) })]
      : []),
    ...(expectedOn !== null ? [text("goals.expected", { day: numbers.day(expectedOn) })] : []),
  ];
  return <p className="note">{said.join(" · ")}</p>;
}

/** A pace is an average: one digit says enough. */
const rounded = (value: number): number =>
  value < 100 ? Math.round(value * 10) / 10 : Math.round(value);
