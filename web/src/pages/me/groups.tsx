import { Link } from "wouter";
import type { MePageFragment } from "../../generated/me/graphql";
import { useNumbers } from "../../texts/numbers";
import { useText } from "../../texts/texts";

type Me = NonNullable<MePageFragment["me"]>;

interface Properties {
  readonly memberships: NonNullable<Me["memberships"]>;
}

/** The groups that the viewer is a member of. */
export function Groups({ memberships: { nodes, totalCount } }: Properties) {
  const text = useText();
  const numbers = useNumbers();
  return (
    <section className="panel" aria-labelledby="groups">
      <div className="heading">
        <h2 id="groups">{text("me.groups")}</h2>
        <Link href="/groups">{text("me.allGroups")}</Link>
      </div>
      {nodes.length === 0 && <p className="empty">{text("me.noGroups")}</p>}
      <ul className="found">
        {nodes.map(({ id, roles, group }) => (
          <li key={id}>
            <span>
              <Link href={`/groups/${group.id}`}>
                {group.displayName ?? text("me.groupUnnamed", { id: group.id })}
              </Link>
              {roles.includes("GROUP_ADMIN") && <span className="tag">{text("me.admin")}</span>}
            </span>
            {group.classifications && (
              <span className="note">
                {numbers.amountOf("classifications", group.classifications.totalCount)}
              </span>
            )}
          </li>
        ))}
      </ul>
      {totalCount > nodes.length && (
        <p className="hint">
          {text("me.moreGroups", { count: numbers.count(totalCount - nodes.length) })}
        </p>
      )}
    </section>
  );
}
