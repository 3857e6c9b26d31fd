// What a group or a volunteer wants to reach, and how far it is. Whoever may change the goals does
// so here, in dialogs that are loaded when somebody asks for them.

import { lazy, Suspense, useRef, useState } from "react";
import { type FragmentType, readFragment } from "../generated/goals/fragment-masking";
import { type GoalFragment, GoalFragmentDoc } from "../generated/goals/graphql";
import { useText } from "../texts/texts";
import { Archive } from "./archive";
import { GoalCard } from "./goal-card";
import "./goals.css";
import type { Owner } from "./owner";
import { useReachedGoals } from "./use-reached-goals";

const GoalDialog = lazy(() => import("./goal-dialog"));
const DeleteDialog = lazy(() => import("./delete-dialog"));

export interface Place {
  readonly id: string;
  readonly name: string;
}

interface Properties {
  /** Those that are not archived, as a page asks for them: `goals { ...Goal }`. */
  readonly goals: readonly FragmentType<typeof GoalFragmentDoc>[];
  readonly owner: Owner;
  /** Whether the viewer may set, change, archive and delete them. */
  readonly mayChange: boolean;
  /** Projects that a new goal may be limited to. */
  readonly projects?: readonly Place[];
}

/** What a dialog is open for. */
type Asked = { readonly what: "set" } | { readonly what: "edit" | "delete"; readonly goal: GoalFragment };

export function Goals({ goals: masked, owner, mayChange, projects = [] }: Properties) {
  const text = useText();
  const goals = readFragment(GoalFragmentDoc, masked);
  const [asked, setAsked] = useState<Asked | null>(null);
  const title = useRef<HTMLHeadingElement>(null);
  useReachedGoals(goals);
  const close = () => setAsked(null);
  const changes = mayChange
    ? {
        onEdit: (goal: GoalFragment) => setAsked({ what: "edit", goal }),
        onDelete: (goal: GoalFragment) => setAsked({ what: "delete", goal }),
        onGone: () => title.current?.focus(),
      }
    : undefined;
  return (
    <section className="panel" aria-labelledby="goals">
      <div className="heading">
        <h2 id="goals" ref={title} tabIndex={-1}>
          {text("goals.title")}
        </h2>
        {mayChange && (
          <button type="button" className="button" onClick={() => setAsked({ what: "set" })}>
            {text("goals.set")}
          </button>
        )}
      </div>
      {goals.length === 0 && (
        <p className="empty">{text(mayChange ? "goals.noneYet" : "goals.none")}</p>
      )}
      <ul className="goals">
        {goals.map((goal) => (
          <GoalCard key={goal.id} goal={goal} owner={owner} changes={changes} />
        ))}
      </ul>
      <Archive owner={owner} changes={changes} />
      <Suspense fallback={null}>
        {(asked?.what === "set" || asked?.what === "edit") && (
          <GoalDialog
            owner={owner}
            projects={projects}
            goal={asked.what === "edit" ? asked.goal : null}
            onClose={close}
          />
        )}
        {asked?.what === "delete" && (
          <DeleteDialog goal={asked.goal} onClose={close} elsewhere={title} />
        )}
      </Suspense>
    </section>
  );
}
