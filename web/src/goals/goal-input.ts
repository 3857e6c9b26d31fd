// From the fields of the dialog to what the mutations take.

import type {
  CreateGoalInput,
  GoalFragment,
  GoalMetric,
  GoalRepeat,
  UpdateGoalInput,
} from "../generated/goals/graphql";
import { isGroup, type Owner } from "./owner";

const textOf = (form: FormData, name: string): string | null =>
  String(form.get(name) ?? "").trim() || null;

/** Values that are listed with commas or spaces between them; null for none. */
const valuesOf = (form: FormData): number[] | null => {
  const listed = textOf(form, "milestones");
  return listed === null ? null : listed.split(/[\s,;]+/).filter(Boolean).map(Number);
};

/** The milestones that a goal has on the way, as its field shows them. */
export const milestonesOf = (goal: GoalFragment): string =>
  goal.milestones
    .filter(({ share }) => share < 1)
    .map(({ value }) => value)
    .join(", ");

export function createInput(form: FormData, owner: Owner): CreateGoalInput {
  const projectIds = form.getAll("project").map(String);
  return {
    groupId: isGroup(owner) ? owner.groupId : null,
    title: textOf(form, "title"),
    metric: form.get("metric") as GoalMetric,
    target: Number(form.get("target")),
    repeats: textOf(form, "repeats") as GoalRepeat | null,
    start: textOf(form, "start"),
    end: textOf(form, "end"),
    milestones: valuesOf(form),
    within: projectIds.length > 0 ? { projectIds } : null,
  };
}

/** What differs is sent: milestones that nobody chose go on following the target. */
export function updateInput(form: FormData, goal: GoalFragment): UpdateGoalInput {
  const start = textOf(form, "start");
  return {
    id: goal.id,
    expectedRevision: goal.revision,
    title: textOf(form, "title"),
    target: Number(form.get("target")),
    end: textOf(form, "end"),
    ...(start !== null && start !== goal.start && { start }),
    ...(textOf(form, "milestones") !== (milestonesOf(goal) || null) && {
      milestones: valuesOf(form),
    }),
  };
}
