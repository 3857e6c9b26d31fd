import { type RefObject, useRef } from "react";
import Confirm from "../forms/confirm";
import { useCommand } from "../forms/use-command";
import {
  DeleteGoalDocument,
  type DeleteGoalMutation,
  type GoalFragment,
} from "../generated/goals/graphql";
import { useText } from "../texts/texts";
import { useGoalWords } from "./words";

interface Properties {
  readonly goal: GoalFragment;
  readonly onClose: () => void;
  /** What gets the focus when the goal and its buttons have gone. */
  readonly elsewhere: RefObject<HTMLElement | null>;
}

const payloadOf = (data: DeleteGoalMutation) => data.deleteGoal;

/** Asks whether a goal is to be deleted for ever. */
export default function DeleteDialog({ goal, onClose, elsewhere }: Properties) {
  const text = useText();
  const words = useGoalWords();
  const back = useRef<HTMLElement>(null);
  const { run, busy, problems } = useCommand(DeleteGoalDocument, payloadOf);
  const confirm = async () => {
    const done = await run({ input: { id: goal.id, expectedRevision: goal.revision } });
    if (!done) return;
    back.current = elsewhere.current;
    onClose();
  };
  return (
    <Confirm
      title={text("goals.deleteTitle", { title: words.title(goal) })}
      action={text("goals.delete")}
      busy={busy}
      problems={problems}
      onConfirm={confirm}
      onClose={onClose}
      back={back}
    >
      <p>{text("goals.deleteExplain")}</p>
    </Confirm>
  );
}
