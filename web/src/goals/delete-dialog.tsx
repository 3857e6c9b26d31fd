import { Button } from "react-aria-components";
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
  readonly onDeleted: () => void;
}

const payloadOf = (data: DeleteGoalMutation) => data.deleteGoal;

/** Asks whether a goal is to be deleted for ever. */
export default function DeleteDialog({ goal, onClose, onDeleted }: Properties) {
  const text = useText();
  const words = useGoalWords();
  const { run, busy, problems } = useCommand(DeleteGoalDocument, payloadOf);
  const confirm = async () => {
    const done = await run({ input: { id: goal.id, expectedRevision: goal.revision } });
    if (done) onDeleted();
  };
  return (
    <Dialog title={text("goals.deleteTitle", { title: words.title(goal) })} onClose={onClose}>
      <p>{text("goals.deleteExplain")}</p>
      <Problems problems={problems} />
      <div className="buttons">
        <Button className="button" onPress={onClose} autoFocus>
          {text("goals.cancel")}
        </Button>
        <Button className="button primary" onPress={confirm} isDisabled={busy}>
          {text("goals.delete")}
        </Button>
      </div>
    </Dialog>
  );
}
