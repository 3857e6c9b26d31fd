import { Link } from "wouter";
import type { Measure } from "../../address";
import type { Range } from "../../days";
import { Download } from "../../files/download";
import { withDays } from "../../files/with-days";
import { Ranking } from "../../parts/ranking";
import { ViewLink } from "../../parts/view";
import { hours, useNumbers } from "../../texts/numbers";
import { useText } from "../../texts/texts";
import type { Group } from "./group";

type Contribution = NonNullable<Group["everywhere"]>["projectContributions"][number];

const SHOWN = 10;

interface TopProperties {
  readonly groupId: string;
  readonly range: Range;
  readonly contributions: readonly Contribution[];
  readonly measure: Measure;
  readonly chosen: string | undefined;
}

/** The projects in which the group did most on these days. */
export function TopProjects({ groupId, range, contributions, measure, chosen }: TopProperties) {
  const text = useText();
  const numbers = useNumbers();
  const value = (one: Contribution) => (measure === "hours" ? hours(one.timeSpent) : one.count);
  const rows = contributions
    .flatMap((one) => (one.project ? { project: one.project, value: value(one) } : []))
    .sort((one, other) => other.value - one.value);
  return (
    <section className="panel" aria-labelledby="top-projects">
      <div className="heading">
        <h2 id="top-projects">{text("group.topProjects")}</h2>
        {chosen !== undefined && (
          <ViewLink change={{ project: null }}>{text("project.all")}</ViewLink>
        )}
      </div>
      {rows.length === 0 ? (
        <p className="empty">{text("chart.empty")}</p>
      ) : (
        <>
          <Ranking
            format={(amount) => numbers.amount(measure, amount)}
            rows={rows.slice(0, SHOWN).map(({ project: { id, displayName }, value }) => ({
              key: id,
              name: (
                <Link href={`/projects/${id}`}>
                  {displayName ?? text("project.unnamed", { id })}
                </Link>
              ),
              value,
            }))}
          />
          <Download path={withDays(`/groups/${groupId}/projects`, range)} label="group.projectsFile" />
          {rows.length > SHOWN && (
            <p className="hint">
              {text("group.moreProjects", { count: rows.length - SHOWN })}
            </p>
          )}
        </>
      )}
    </section>
  );
}
