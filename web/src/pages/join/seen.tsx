import type { StatsVisibility } from "../../generated/join/graphql";
import { useText } from "../../texts/texts";

interface Properties {
  /** Null while the group is hidden: then others see nothing of it. */
  readonly level: StatsVisibility | null;
}

/** Who will see what of somebody who joins. */
export function Seen({ level }: Properties) {
  const text = useText();
  const each = level ?? "HIDDEN";
  return (
    <>
      <dl className="seen">
        <dt>{text("join.you")}</dt>
        <dd>{text(`join.you.${each}`)}</dd>
        <dt>{text("join.totals")}</dt>
        <dd>{text(`join.totals.${each}`)}</dd>
        <dt>{text("join.counts")}</dt>
        <dd>{text("join.countsWhat")}</dd>
      </dl>
      <p className="hint">{text("join.later")}</p>
    </>
  );
}
