import type { View } from "../../address";
import { Figure } from "../../parts/figure";
import { hours, useNumbers } from "../../texts/numbers";
import { useText } from "../../texts/texts";
import type { Group } from "./group";

interface Properties {
  readonly chosen: NonNullable<Group["chosen"]>;
  readonly allTime: Group["allTime"] | undefined;
  readonly view: View;
  readonly busy: boolean;
}

/** What the group did on the chosen days, in one project or in all. */
export function GroupFigures({ chosen, allTime, view, busy }: Properties) {
  const text = useText();
  const numbers = useNumbers();
  return (
    <dl className="figures" aria-busy={busy}>
      <Figure
        great
        label={text("measure.classifications")}
        value={chosen.totalCount}
        format={numbers.count}
        notes={[
          view.preset === "all" || !allTime
            ? text("range.all")
            : text("group.allTime", {
                amount: numbers.amountOf("classifications", allTime.totalCount),
              }),
        ]}
      />
      <Figure
        label={text("measure.hours")}
        value={hours(chosen.timeSpent)}
        format={(value) => numbers.amount("hours", value)}
      />
      <Figure
        label={text("group.contributors")}
        value={chosen.activeUsers}
        format={numbers.count}
        notes={[text("group.contributorsNote")]}
      />
      <Figure
        label={text("group.projects")}
        value={chosen.projectCount}
        format={numbers.count}
      />
    </dl>
  );
}
