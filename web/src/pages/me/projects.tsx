import { Link } from "wouter";
import type { Measure } from "../../address";
import type { MeProjectFragment } from "../../generated/me/graphql";
import { Ranking } from "../../parts/ranking";
import { hours, useNumbers } from "../../texts/numbers";
import { useText } from "../../texts/texts";

interface Properties {
  readonly contributions: readonly MeProjectFragment[];
  readonly measure: Measure;
}

/** The projects in which the viewer did most on the chosen days. */
export function MostProjects({ contributions, measure }: Properties) {
  const text = useText();
  const numbers = useNumbers();
  const shown = measure === "hours" ? measure : "classifications";
  const value = (one: MeProjectFragment) => (shown === "hours" ? hours(one.timeSpent) : one.count);
  return (
    <section className="panel" aria-labelledby="most">
      <div className="heading">
        <h2 id="most">{text("me.most")}</h2>
      </div>
      {contributions.length === 0 && <p className="empty">{text("chart.empty")}</p>}
      <Ranking
        format={(amount) => numbers.amountOf(shown, amount)}
        rows={contributions.map((one) => ({
          key: one.project?.id ?? "",
          name: <Name project={one.project} />,
          value: value(one),
        }))}
      />
    </section>
  );
}

/** The projects that the viewer contributed to last. */
export function RecentProjects({ contributions }: Pick<Properties, "contributions">) {
  const text = useText();
  const numbers = useNumbers();
  return (
    <section className="panel" aria-labelledby="recent">
      <div className="heading">
        <h2 id="recent">{text("me.recent")}</h2>
      </div>
      {contributions.length === 0 && <p className="empty">{text("chart.emptyAll")}</p>}
      <ul className="found">
        {contributions.map((one) => (
          <li key={one.project?.id ?? ""}>
            <Name project={one.project} />
            {one.lastContributedOn && (
              <span className="note">
                {text("me.lastDay", { day: numbers.day(one.lastContributedOn) })}
              </span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Name({ project }: Pick<MeProjectFragment, "project">) {
  const text = useText();
  if (project === null) return <span>{text("me.noProject")}</span>;
  return (
    <Link href={`/projects/${project.id}`}>
      {project.displayName ?? text("project.unnamed", { id: project.id })}
    </Link>
  );
}
