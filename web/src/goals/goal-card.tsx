import { CommandButton } from "../forms/command-button";
import { Problems } from "../forms/problems";
import { useCommand } from "../forms/use-command";
import {
  ArchiveGoalDocument,
  type ArchiveGoalMutation,
  type GoalFragment,
} from "../generated/goals/graphql";
import { Count } from "../parts/count";
import { useNumbers } from "../texts/numbers";
import { type TextId, useText } from "../texts/texts";
import { GoalBar } from "./goal-bar";
import { isGroup, type Owner } from "./owner";
import { Pace } from "./pace";
import { Periods } from "./periods";
import { useGoalWords } from "./words";

/** What somebody who may change goals can ask for. */
export interface Changes {
  readonly onEdit: (goal: GoalFragment) => void;
  readonly onDelete: (goal: GoalFragment) => void;
  /** The goal is no longer in the list that it was in. */
  readonly onGone: () => void;
}

interface Properties {
  readonly goal: GoalFragment;
  readonly owner: Owner;
  readonly changes?: Changes | undefined;
}

const payloadOf = (data: ArchiveGoalMutation) => data.archiveGoal;

/** How the value is told: of a goal that repeats, it is that of one period. */
const counted = ({ repeats, status }: GoalFragment): TextId =>
  repeats === null ? "goals.of" : `goals.${status === "ENDED" ? "ofLast" : "ofEach"}.${repeats}`;

/** One goal: an entry of a list. */
export function GoalCard({ goal, owner, changes }: Properties) {
  const text = useText();
  const numbers = useNumbers();
  const words = useGoalWords();
  const archive = useCommand(ArchiveGoalDocument, payloadOf);
  const { metric, target, progress, milestones, repeats, status, viewerContribution: own } = goal;
  const title = words.title(goal);
  const places = words.places(goal);
  const name = `goal-${goal.id}`;
  // The button keeps the focus meanwhile, so it is not disabled.
  const move = async () => {
    const done = await archive.run({ input: { id: goal.id, archived: !goal.archived } });
    if (done) changes?.onGone();
  };
  return (
    <li className="goal" aria-labelledby={name}>
      <div className="name">
        <h3 id={name}>{title}</h3>
        <span className={`tag ${status.toLowerCase()}`}>{text(`goals.status.${status}`)}</span>
      </div>
      <p className="value">
        <strong>
          <Count value={progress.value} format={(value) => words.amount(metric, value)} />
        </strong>{" "}
        {text(counted(goal), {
          amount: words.amountOf(metric, target),
        })}{" "}
        <span className="number">({numbers.percent(progress.share)})</span>
      </p>
      <GoalBar share={progress.share} milestones={milestones} />
      <p className="note">
        {words.days(goal)}
        {places !== null && ` · ${places}`}
      </p>
      <Pace goal={goal} />
      {isGroup(owner) && own !== null && own.value > 0 && (
        <p className="note">
          {text("goals.own", {
            amount: words.amountOf(metric, own.value),
            share: numbers.percent(own.share),
          })}
        </p>
      )}
      <ol className="steps" aria-label={text("milestones.title")}>
        {milestones.map(({ value, reachedOn }) => (
          <li key={value} className={reachedOn === null ? "open" : "reached"}>
            <strong>{words.amount(metric, value)}</strong>
            <span className="note">
              {reachedOn !== null
                ? text("milestones.reached", { day: numbers.day(reachedOn) })
                : text(status === "ENDED" ? "goals.missed" : "goals.open")}
            </span>
          </li>
        ))}
      </ol>
      {repeats !== null && <Periods goal={goal} />}
      {changes && (
        <div className="commands">
          <button
            type="button"
            className="button"
            aria-label={text("goals.editOf", { title })}
            onClick={() => changes.onEdit(goal)}
          >
            {text("goals.edit")}
          </button>
          <CommandButton
            busy={archive.busy}
            aria-label={text(goal.archived ? "goals.takeUpOf" : "goals.archiveOf", { title })}
            onClick={move}
          >
            {text(goal.archived ? "goals.takeUp" : "goals.archive")}
          </CommandButton>
          <button
            type="button"
            className="button"
            aria-label={text("goals.deleteOf", { title })}
            onClick={() => changes.onDelete(goal)}
          >
            {text("goals.delete")}
          </button>
        </div>
      )}
      <Problems problems={archive.problems} />
    </li>
  );
}
