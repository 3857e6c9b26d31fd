import { Link } from "wouter";
import type { SitePageFragment } from "../../generated/site/graphql";
import { Count } from "../../parts/count";
import { Share } from "../../parts/share";
import { useNumbers } from "../../texts/numbers";
import { useText } from "../../texts/texts";

interface Properties {
  readonly projects: NonNullable<SitePageFragment["busiest"]>;
  /** Whether the page shows all time, so that there are no other days to tell of. */
  readonly all: boolean;
}

export function Busiest({ projects, all }: Properties) {
  const text = useText();
  const numbers = useNumbers();
  const most = Math.max(...projects.nodes.map((one) => one.allTime?.totalCount ?? 0), 1);
  return (
    <section className="panel" aria-labelledby="busiest">
      <div className="heading">
        <h2 id="busiest">{text("site.busiest")}</h2>
      </div>
      {projects.nodes.length === 0 ? (
        <p className="empty">{text("site.noProjects")}</p>
      ) : (
        <>
          <p className="hint">
            {text("site.busiestOf", {
              count: projects.totalCount,
              shown: numbers.count(projects.totalCount),
            })}
          </p>
          <ol className="ranking">
            {projects.nodes.map(({ id, displayName, allTime, chosen }) => (
              <li key={id}>
                <Link href={`/projects/${id}`} className="name">
                  {displayName ?? text("project.unnamed", { id })}
                </Link>
                <span className="number">
                  <Count value={allTime?.totalCount ?? 0} format={numbers.count} />
                </span>
                <Share of={(allTime?.totalCount ?? 0) / most} />
                <span className="note">
                  {all
                    ? allTime?.lastDay &&
                      text("site.lastDay", { day: numbers.day(allTime.lastDay) })
                    : text("site.onTheseDays", {
                        amount: numbers.amountOf("classifications", chosen?.totalCount ?? 0),
                      })}
                </span>
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  );
}
