import { type RefObject, useRef } from "react";
import { Dialog } from "../forms/dialog";
import { Problems } from "../forms/problems";
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
  // The button keeps the focus meanwhile, so it is not disabled.
  const confirm = async () => {
    if (busy) return;
    const done = await run({ input: { id: goal.id, expectedRevision: goal.revision } });
    if (!done) return;
    back.current = elsewhere.current;
    onClose();
  };
  return (
    <Dialog
      title={text("goals.deleteTitle", { title: words.title(goal) })}
      onClose={onClose}
      back={back}
    >
      <p>{text("goals.deleteExplain")}</p>
      <Problems problems={problems} />
      <div className="buttons">
        <button type="button" className="button" onClick={onClose} autoFocus>
          {text("goals.cancel")}
        </button>
        <button
          type="button"
          className="button primary"
          aria-disabled={busy}
          onClick={confirm}
        >
          {text("goals.delete")}
        </button>
      </div>
    </Dialog>
  );
}
