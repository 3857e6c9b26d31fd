import { Link } from "wouter";
import { paged } from "../../address";
import type { GroupsPageFragment } from "../../generated/groups/graphql";
import { hours, useNumbers } from "../../texts/numbers";
import { useText } from "../../texts/texts";

type Me = NonNullable<GroupsPageFragment["me"]>;

interface Properties {
  readonly memberships: NonNullable<Me["memberships"]>;
  /** Whether this is the first page of them. */
  readonly isFirst: boolean;
  /** Whether the viewer may create groups and join others. */
  readonly mayJoin: boolean;
}

/** A card for each group: its name, the viewer's role, and its totals. */
export function Cards({ memberships: { nodes, totalCount, pageInfo }, isFirst, mayJoin }: Properties) {
  const text = useText();
  if (nodes.length === 0) {
    return (
      <section className="panel">
        <p className="empty">
          {text(!isFirst ? "groups.noMore" : mayJoin ? "groups.none" : "me.noGroups")}
        </p>
      </section>
    );
  }
  return (
    <>
      <ul className="cards" aria-label={text("groups.title")}>
        {nodes.map((one) => (
          <Card key={one.id} membership={one} />
        ))}
      </ul>
      {(!isFirst || pageInfo.hasNextPage) && (
        <nav className="pages" aria-label={text("groups.pages")}>
          <span className="hint">{text("groups.count", { count: totalCount })}</span>
          {!isFirst && <Link href="/groups">{text("groups.first")}</Link>}
          {pageInfo.hasNextPage && pageInfo.endCursor && (
            <Link href={`/groups${paged("", pageInfo.endCursor)}`}>
              {text("groups.next")}
            </Link>
          )}
        </nav>
      )}
    </>
  );
}

function Card({ membership: { roles, group } }: { membership: Properties["memberships"]["nodes"][number] }) {
  const text = useText();
  const numbers = useNumbers();
  const { classifications: totals, memberCount } = group;
  return (
    <li className="panel">
      <h2>
        <Link href={`/groups/${group.id}`}>
          {group.displayName ?? text("groups.unnamed", { id: group.id })}
        </Link>
      </h2>
      <p className="note">
        {text(roles.includes("GROUP_ADMIN") ? "groups.youLead" : "groups.youAreMember")}
        {memberCount !== null && `, ${text("groups.members", { count: memberCount, shown: numbers.count(memberCount) })}`}
      </p>
      {totals && (
        <dl className="totals">
          <div>
            <dt>{text("measure.classifications")}</dt>
            <dd>{numbers.count(totals.totalCount)}</dd>
          </div>
          <div>
            <dt>{text("measure.hours")}</dt>
            <dd>{numbers.amount("hours", hours(totals.timeSpent))}</dd>
          </div>
          <div>
            <dt>{text("groups.contributors")}</dt>
            <dd>{numbers.count(totals.activeUsers)}</dd>
          </div>
          <div>
            <dt>{text("groups.projects")}</dt>
            <dd>{numbers.count(totals.projectCount)}</dd>
          </div>
        </dl>
      )}
    </li>
  );
}
