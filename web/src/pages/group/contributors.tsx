import { Link, useSearch } from "wouter";
import { changed, type Measure } from "../../address";
import { isForAdmins } from "../../levels";
import { Ranking } from "../../parts/ranking";
import { hours, useNumbers } from "../../texts/numbers";
import { useText } from "../../texts/texts";
import type { Group } from "./group";
import { useNameOf } from "./names";

interface Properties {
  readonly group: Group;
  readonly measure: Measure;
}

/** Who did most on these days; or why that is not shown. */
export function TopContributors({ group, measure }: Properties) {
  const text = useText();
  const numbers = useNumbers();
  const nameOf = useNameOf();
  const query = useSearch();
  const level = group.statsVisibility;
  const contributors = group.chosen?.topContributors;
  return (
    <section className="panel" aria-labelledby="top-contributors">
      <div className="heading">
        <h2 id="top-contributors">{text("group.topContributors")}</h2>
        {group.viewerPermissions.seeMembers && (
          <Link href={`/groups/${group.id}/contributors${onTheseDays(query)}`}>
            {text("group.toContributors")}
          </Link>
        )}
      </div>
      {contributors == null ? (
        <p className="empty">
          {text(isForAdmins(level) ? "group.adminsSeeMembers" : "group.membersSeeMembers")}
        </p>
      ) : contributors.length === 0 ? (
        <p className="empty">{text("chart.empty")}</p>
      ) : (
        <Ranking
          format={(amount) => numbers.amount(measure, amount)}
          rows={contributors.map(({ user, count, timeSpent }) => ({
            key: user.id,
            name: nameOf(user),
            value: measure === "hours" ? hours(timeSpent) : count,
          }))}
        />
      )}
    </section>
  );
}

/** The query string of a page that has the same days, and else what it begins with. */
const onTheseDays = (query: string) =>
  changed(query, { show: "classifications", compare: false, project: null });
