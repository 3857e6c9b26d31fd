import { Link } from "wouter";
import { useNumbers } from "../../texts/numbers";
import { type TextId, useText } from "../../texts/texts";
import type { Group } from "./group";

interface Properties {
  readonly group: Group;
  readonly name: string;
}

/** Which group it is, what the viewer is in it, and who sees what. */
export function Opening({ group, name }: Properties) {
  const text = useText();
  const numbers = useNumbers();
  const { viewerMembership: membership, viewerPermissions: may, memberCount } = group;
  const standing = membership && standingOf(membership);
  return (
    <div className="opening">
      <h1>{name}</h1>
      <p className="lead">
        {memberCount !== null &&
          `${text("group.members", { count: memberCount, shown: numbers.count(memberCount) })} `}
        {standing && <span className="tag">{text(standing)}</span>}
        {!group.active && <span className="tag">{text("group.closed")}</span>}
      </p>
      <p className="hint">
        {text(group.active ? `level.${group.statsVisibility}` : "group.closedExplain")}
      </p>
      {membership?.state === "INVITED" && (
        <p>
          <Link href="/groups" className="button primary">
            {text("group.answer")}
          </Link>
        </p>
      )}
      {!may.seeTotals && (
        <p className="empty panel">
          {text(membership?.state === "INVITED" ? "group.noTotalsYet" : "group.noTotals")}
        </p>
      )}
    </div>
  );
}

function standingOf({ state, roles }: NonNullable<Group["viewerMembership"]>): TextId | undefined {
  if (state === "INVITED") return "group.youAreInvited";
  if (state === "INACTIVE") return "group.youWere";
  if (roles.includes("GROUP_ADMIN")) return "group.youLead";
  return roles.length > 0 ? "group.youAreMember" : undefined;
}
