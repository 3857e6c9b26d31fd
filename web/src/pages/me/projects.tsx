import { Link } from "wouter";
import type { Measure } from "../../address";
import type { MeProjectFragment } from "../../generated/me/graphql";
import { Count } from "../../parts/count";
import { Share } from "../../parts/share";
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
  const most = Math.max(...contributions.map(value), Number.MIN_VALUE);
  return (
    <section className="panel" aria-labelledby="most">
      <div className="heading">
        <h2 id="most">{text("me.most")}</h2>
      </div>
      {contributions.length === 0 && <p className="empty">{text("chart.empty")}</p>}
      <ol className="ranking">
        {contributions.map((one) => (
          <li key={one.project?.id ?? ""}>
            <Name project={one.project} />
            <span className="number">
              <Count value={value(one)} format={(amount) => numbers.amountOf(shown, amount)} />
            </span>
            <Share of={value(one) / most} />
          </li>
        ))}
      </ol>
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
  if (project === null) return <span className="name">{text("me.noProject")}</span>;
  return (
    <Link href={`/projects/${project.id}`} className="name">
      {project.displayName ?? text("project.unnamed", { id: project.id })}
    </Link>
  );
}
