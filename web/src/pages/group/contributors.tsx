import type { Measure } from "../../address";
import { Ranking } from "../../parts/ranking";
import { hours, useNumbers } from "../../texts/numbers";
import { type TextId, useText } from "../../texts/texts";
import type { Group } from "./group";

interface Properties {
  readonly group: Group;
  readonly measure: Measure;
}

/** Who did most on these days; or why that is not shown. */
export function TopContributors({ group, measure }: Properties) {
  const text = useText();
  const numbers = useNumbers();
  const contributors = group.chosen?.topContributors;
  return (
    <section className="panel" aria-labelledby="top-contributors">
      <div className="heading">
        <h2 id="top-contributors">{text("group.topContributors")}</h2>
      </div>
      {contributors == null ? (
        <p className="empty">{text(WHO_SEES[group.statsVisibility])}</p>
      ) : contributors.length === 0 ? (
        <p className="empty">{text("chart.empty")}</p>
      ) : (
        <Ranking
          format={(amount) => numbers.amount(measure, amount)}
          rows={contributors.map(({ user, count, timeSpent }) => ({
            key: user.id,
            name: user.displayName ?? user.login ?? text("session.unnamed", { id: user.id }),
            value: measure === "hours" ? hours(timeSpent) : count,
          }))}
        />
      )}
    </section>
  );
}

/** Who may see what each member has done, for those who may not. */
const WHO_SEES: Record<Group["statsVisibility"], TextId> = {
  PRIVATE_AGG_ONLY: "group.adminsSeeMembers",
  PRIVATE_SHOW_AGG_AND_IND: "group.membersSeeMembers",
  PUBLIC_AGG_ONLY: "group.adminsSeeMembers",
  PUBLIC_AGG_SHOW_IND_IF_MEMBER: "group.membersSeeMembers",
  PUBLIC_SHOW_ALL: "group.membersSeeMembers",
};
