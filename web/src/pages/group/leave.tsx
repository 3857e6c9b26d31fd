// The dialog by which a member leaves. The last admin names who leads the group from then on.

import { useState } from "react";
import Confirm from "../../forms/confirm";
import { useCommand } from "../../forms/use-command";
import {
  LeaveGroupDocument,
  type LeaveGroupMutation,
  MembershipsFragmentDoc,
} from "../../generated/group/graphql";
import { readFragment } from "../../generated/group/fragment-masking";
import { useText } from "../../texts/texts";
import type { Group } from "./group";
import { useNameOf } from "./names";

interface Properties {
  readonly group: Group;
  readonly name: string;
  readonly onClose: () => void;
  readonly onLeft: () => void;
}

const payloadOf = (data: LeaveGroupMutation) => data.leaveUserGroup;

export default function Leave({ group, name, onClose, onLeft }: Properties) {
  const text = useText();
  const nameOf = useNameOf();
  const { run, busy, problems } = useCommand(LeaveGroupDocument, payloadOf);
  const [successor, setSuccessor] = useState("");
  const { viewerMembership, membershipCounts, memberships } = group;
  const last =
    viewerMembership?.roles.includes("GROUP_ADMIN") === true && membershipCounts?.admins === 1;
  const others = readFragment(MembershipsFragmentDoc, memberships)?.nodes.filter(
    ({ id, state }) => state === "ACTIVE" && id !== viewerMembership?.id,
  );
  const confirm = async () => {
    const successorId = last && successor ? successor : null;
    if (await run({ input: { id: group.id, successorId } })) onLeft();
  };
  return (
    <Confirm
      title={text("group.leaveTitle", { name })}
      action={text("group.leave")}
      busy={busy}
      incomplete={last && successor === ""}
      problems={problems}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>{text("group.leaveExplain")}</p>
      {last && others?.length === 0 && <p>{text("group.leaveAlone")}</p>}
      {last && others && others.length > 0 && (
        <>
          <label>
            {text("group.successor")}
            <select value={successor} onChange={({ target }) => setSuccessor(target.value)}>
              <option value="">{text("group.successorNone")}</option>
              {others.map(({ user }) => (
                <option key={user.id} value={user.id}>
                  {nameOf(user)}
                </option>
              ))}
            </select>
          </label>
          <p className="hint">{text("group.successorOther")}</p>
        </>
      )}
    </Confirm>
  );
}
