import { useEffect, useRef } from "react";
import type { GoalFragment } from "../generated/goals/graphql";
import { useCelebrate } from "../parts/celebration";
import { useText } from "../texts/texts";
import { useGoalWords } from "./words";

/**
 * Celebrate the highest milestone of a goal that was open when it was shown last and is reached
 * now. What was reached before, and what somebody has just set, is not celebrated.
 */
export function useReachedGoals(goals: readonly GoalFragment[]): void {
  const text = useText();
  const words = useGoalWords();
  const celebrate = useCelebrate();
  const open = useRef(new Map<string, readonly number[]>());
  useEffect(() => {
    for (const goal of goals) {
      const was = open.current.get(goal.id);
      const reached = goal.milestones.filter((one) => one.reachedOn !== null);
      const highest = reached.findLast((one) => was?.includes(one.value));
      if (highest) {
        celebrate(
          text(highest.share < 1 ? "goals.milestoneReached" : "goals.reachedNow", {
            title: words.title(goal),
            amount: words.amountOf(goal.metric, highest.value),
          }),
        );
      }
    }
    open.current = new Map(
      goals.map((goal) => [
        goal.id,
        goal.milestones.filter((one) => one.reachedOn === null).map((one) => one.value),
      ]),
    );
  }, [goals]);
}
