import { useState } from "react";
import { useQuery } from "urql";
import { readFragment } from "../generated/goals/fragment-masking";
import { GoalFragmentDoc, GroupGoalsDocument, OwnGoalsDocument } from "../generated/goals/graphql";
import { Notice } from "../parts/notice";
import { useText } from "../texts/texts";
import { type Changes, GoalCard } from "./goal-card";
import { isGroup, type Owner } from "./owner";

interface Properties {
  readonly owner: Owner;
  readonly changes: Changes | undefined;
}

/** Goals that were put away, asked for when somebody wants to see them. */
export function Archive({ owner, changes }: Properties) {
  const text = useText();
  const [open, setOpen] = useState(false);
  return (
    <div className="archive">
      <button
        type="button"
        className="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {text("goals.archived")}
      </button>
      {open && <Archived owner={owner} changes={changes} />}
    </div>
  );
}

function Archived({ owner, changes }: Properties) {
  const text = useText();
  const group = isGroup(owner);
  const [ofGroup, againOfGroup] = useQuery({
    query: GroupGoalsDocument,
    variables: { id: group ? owner.groupId : "" },
    pause: !group,
  });
  const [own, againOwn] = useQuery({ query: OwnGoalsDocument, pause: group });
  const { fetching, error } = group ? ofGroup : own;
  const all = readFragment(
    GoalFragmentDoc,
    group ? ofGroup.data?.userGroup?.allGoals : own.data?.me?.allGoals,
  );
  const again = () => (group ? againOfGroup() : againOwn());
  if (error && !all) return <Notice error={error} onAgain={again} />;
  const archived = all?.filter((goal) => goal.archived);
  return (
    <>
      <p className={archived?.length ? "unseen" : "hint"} role="status">
        {archived ? text("goals.archivedCount", { count: archived.length }) : fetching && text("loading")}
      </p>
      <ul className="goals">
        {archived?.map((goal) => (
          <GoalCard key={goal.id} goal={goal} owner={owner} changes={changes} />
        ))}
      </ul>
    </>
  );
}
