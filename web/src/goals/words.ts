// How goals are put into words.

import type { GoalFragment, GoalMetric } from "../generated/goals/graphql";
import { useNumbers } from "../texts/numbers";
import { useText } from "../texts/texts";

type Worded = Pick<GoalFragment, "title" | "metric" | "target" | "repeats">;

export interface GoalWords {
  /** Its title, or else what is to be reached. */
  readonly title: (goal: Worded) => string;
  /** A value without its unit. */
  readonly amount: (metric: GoalMetric, value: number) => string;
  /** The same with its unit, such as "3 active days". */
  readonly amountOf: (metric: GoalMetric, value: number) => string;
  /** The days on which it counts. */
  readonly days: (goal: Pick<GoalFragment, "start" | "end">) => string;
  /** Where it counts; null if everywhere. */
  readonly places: (goal: Pick<GoalFragment, "projects" | "workflows">) => string | null;
}

/** How many places are named. */
const NAMED = 3;

export function useGoalWords(): GoalWords {
  const text = useText();
  const numbers = useNumbers();
  const amount = (metric: GoalMetric, value: number) =>
    metric === "HOURS" ? numbers.amount("hours", value) : numbers.count(value);
  const amountOf = (metric: GoalMetric, value: number) =>
    text(`goals.unit.${metric}`, { count: value, shown: amount(metric, value) });
  return {
    amount,
    amountOf,
    title: ({ title, metric, target, repeats }) =>
      title ??
      (repeats === null
        ? amountOf(metric, target)
        : text(`goals.each.${repeats}`, { amount: amountOf(metric, target) })),
    days: ({ start, end }) =>
      end === null
        ? text("goals.from", { start: numbers.day(start) })
        : text("range.between", { start: numbers.day(start), end: numbers.day(end) }),
    places: ({ projects, workflows }) => {
      if (projects === null && workflows === null) return null;
      const names = [
        ...(projects ?? []).map(({ id, displayName }) => displayName ?? text("project.unnamed", { id })),
        ...(workflows ?? []).map(
          ({ id, displayName }) => displayName ?? text("project.workflowUnnamed", { id }),
        ),
      ];
      const shown = names.slice(0, NAMED).join(", ");
      const more = names.length - NAMED;
      return text(more > 0 ? "goals.inMore" : "goals.in", { names: shown, more });
    },
  };
}
