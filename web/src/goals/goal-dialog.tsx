// Sets a goal, or changes one. What is counted, where and how often stays as it was set.

import { type SyntheticEvent } from "react";
import { CommandButton } from "../forms/command-button";
import { Dialog } from "../forms/dialog";
import { Problems } from "../forms/problems";
import { useCommand } from "../forms/use-command";
import {
  CreateGoalDocument,
  type CreateGoalMutation,
  type GoalFragment,
  UpdateGoalDocument,
  type UpdateGoalMutation,
} from "../generated/goals/graphql";
import { useText } from "../texts/texts";
import { GoalFields } from "./goal-fields";
import { createInput, updateInput } from "./goal-input";
import type { Place } from "./goals";
import type { Owner } from "./owner";
import { useGoalWords } from "./words";

interface Properties {
  readonly owner: Owner;
  readonly projects: readonly Place[];
  /** The goal to change; null for another one. */
  readonly goal: GoalFragment | null;
  readonly onClose: () => void;
}

const createdOf = (data: CreateGoalMutation) => data.createGoal;
const updatedOf = (data: UpdateGoalMutation) => data.updateGoal;

export default function GoalDialog({ owner, projects, goal, onClose }: Properties) {
  const text = useText();
  const words = useGoalWords();
  const create = useCommand(CreateGoalDocument, createdOf);
  const update = useCommand(UpdateGoalDocument, updatedOf);
  const { busy, problems } = goal ? update : create;
  const submit = async (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const done = goal
      ? await update.run({ input: updateInput(form, goal) })
      : await create.run({ input: createInput(form, owner) });
    if (done) onClose();
  };
  const title = goal ? text("goals.editTitle", { title: words.title(goal) }) : text("goals.set");
  return (
    <Dialog title={title} onClose={onClose}>
      <form className="fields" onSubmit={submit}>
        <GoalFields owner={owner} projects={projects} goal={goal} />
        <Problems problems={problems} />
        <div className="buttons">
          <button type="button" className="button" onClick={onClose}>
            {text("goals.cancel")}
          </button>
          <CommandButton busy={busy} type="submit" primary>
            {text(goal ? "goals.save" : "goals.set")}
          </CommandButton>
        </div>
      </form>
    </Dialog>
  );
}
