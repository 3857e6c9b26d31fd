// The members for those who manage them: the first ones come with the page, the others, or those
// of a name, are asked for.

import { lazy, Suspense, type SyntheticEvent, useState } from "react";
import { useQuery } from "urql";
import { Download } from "../../files/download";
import { GroupMembersDocument, MembershipsFragmentDoc } from "../../generated/group/graphql";
import { readFragment } from "../../generated/group/fragment-masking";
import { Notice } from "../../parts/notice";
import { Said } from "../../parts/said";
import { useNumbers } from "../../texts/numbers";
import { useText } from "../../texts/texts";
import type { Group } from "./group";
import { MemberRow } from "./member-row";

const Invite = lazy(() => import("./invite"));
const LONGEST_SEARCH = 100;

interface Properties {
  readonly group: Group;
  /** Something is different now. */
  readonly onChanged: () => void;
}

export function Members({ group, onChanged }: Properties) {
  const text = useText();
  const numbers = useNumbers();
  const [search, setSearch] = useState("");
  const [after, setAfter] = useState<string | null>(null);
  const [inviting, setInviting] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  const first = search === "" && after === null;
  const [{ data, error, fetching }, again] = useQuery({
    query: GroupMembersDocument,
    variables: { id: group.id, search, after },
    pause: first,
  });
  const list = readFragment(
    MembershipsFragmentDoc,
    first ? group.memberships : data?.userGroup?.found,
  );
  const counts = group.membershipCounts;
  const find = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    setSearch(String(new FormData(event.currentTarget).get("search")).trim());
    setAfter(null);
  };
  const done = (what: string) => {
    setSaid(what);
    onChanged();
    if (!first) again({ requestPolicy: "network-only" });
  };
  return (
    <section className="panel" aria-labelledby="members">
      <div className="heading">
        <h2 id="members">{text("group.membersTitle")}</h2>
        <div className="commands">
          <Download path={`/groups/${group.id}/members`} label="group.membersFile" />
          {group.viewerPermissions.invite && (
            <button type="button" className="button" onClick={() => setInviting(true)}>
              {text("group.invite")}
            </button>
          )}
        </div>
      </div>
      {said && <Said>{said}</Said>}
      {counts && (
        <p className="hint">
          {text("group.counts", {
            members: counts.active,
            admins: counts.admins,
            invited: counts.invited,
          })}
        </p>
      )}
      <form className="inline" role="search" onSubmit={find}>
        <label>
          {text("group.findMember")}
          <input type="search" name="search" maxLength={LONGEST_SEARCH} autoComplete="off" />
        </label>
        <button type="submit" className="button">
          {text("group.find")}
        </button>
      </form>
      {!first && error && <Notice error={error} onAgain={() => again()} />}
      {list && (
        <div
          className="scrolling"
          role="group"
          aria-label={text("group.membersTitle")}
          aria-busy={!first && fetching}
          tabIndex={0}
        >
          <table>
            <thead>
              <tr>
                <th scope="col">{text("group.person")}</th>
                <th scope="col">{text("group.role")}</th>
                <th scope="col">{text("group.since")}</th>
                <th scope="col">{text("group.actions")}</th>
              </tr>
            </thead>
            <tbody>
              {list.nodes.map((one) => (
                <MemberRow key={one.id} groupId={group.id} membership={one} onDone={done} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {list?.nodes.length === 0 && <p className="empty">{text("group.nobodyFound")}</p>}
      {list && (after !== null || list.pageInfo.hasNextPage) && (
        <div className="commands">
          {after !== null && (
            <button type="button" className="button" onClick={() => setAfter(null)}>
              {text("group.firstMembers")}
            </button>
          )}
          {list.pageInfo.hasNextPage && (
            <button
              type="button"
              className="button"
              onClick={() => setAfter(list.pageInfo.endCursor)}
            >
              {text("group.moreMembers", { shown: numbers.count(list.totalCount) })}
            </button>
          )}
        </div>
      )}
      <Suspense fallback={null}>
        {inviting && (
          <Invite
            groupId={group.id}
            onClose={() => setInviting(false)}
            onInvited={(what) => {
              setInviting(false);
              done(what);
            }}
          />
        )}
      </Suspense>
    </section>
  );
}
