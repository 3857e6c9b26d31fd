import { lazy, Suspense, useState } from "react";
import { CommandButton } from "../../forms/command-button";
import { Problems } from "../../forms/problems";
import { useCommand } from "../../forms/use-command";
import {
  type MembershipsFragment,
  RemoveMemberDocument,
  type RemoveMemberMutation,
  SetRoleDocument,
  type SetRoleMutation,
} from "../../generated/group/graphql";
import { useViewer } from "../../session/viewer";
import { useNumbers } from "../../texts/numbers";
import { useText } from "../../texts/texts";
import { useNameOf } from "./names";

const Confirm = lazy(() => import("../../forms/confirm"));

interface Properties {
  readonly groupId: string;
  readonly membership: MembershipsFragment["nodes"][number];
  /** Told what was done, as a sentence. */
  readonly onDone: (what: string) => void;
}

const setOf = (data: SetRoleMutation) => data.setMemberRole;
const removedOf = (data: RemoveMemberMutation) => data.removeMembers;

/** A member, or somebody invited, and what an admin may do about them. */
export function MemberRow({ groupId, membership, onDone }: Properties) {
  const text = useText();
  const numbers = useNumbers();
  const { viewer } = useViewer();
  const [removing, setRemoving] = useState(false);
  const setRole = useCommand(SetRoleDocument, setOf);
  const remove = useCommand(RemoveMemberDocument, removedOf);
  const { user, state, roles, since } = membership;
  const name = useNameOf()(user);
  const leads = roles.includes("GROUP_ADMIN");
  const invited = state === "INVITED";
  const change = async () => {
    const role = leads ? "GROUP_MEMBER" : "GROUP_ADMIN";
    const done = await setRole.run({ input: { id: groupId, userId: user.id, role } });
    if (done) onDone(text(leads ? "group.isMemberNow" : "group.isAdminNow", { name }));
  };
  const confirm = async () => {
    if (!(await remove.run({ input: { id: groupId, userIds: [user.id] } }))) return;
    setRemoving(false);
    onDone(text(invited ? "group.hasWithdrawn" : "group.hasRemoved", { name }));
  };
  return (
    <tr>
      <th scope="row">
        {name}
        {user.login !== null && user.login !== name && <span className="note"> {user.login}</span>}
        {user.id === viewer?.id && <span className="tag">{text("group.you")}</span>}
      </th>
      <td>
        {text(
          invited
            ? leads
              ? "group.invitedAsAdmin"
              : "group.invitedAsMember"
            : leads
              ? "group.admin"
              : "group.member",
        )}
      </td>
      <td>{since && numbers.day(since.slice(0, 10))}</td>
      <td>
        <div className="commands">
          <CommandButton
            busy={setRole.busy}
            aria-label={text(leads ? "group.makeMemberOf" : "group.makeAdminOf", { name })}
            onClick={change}
          >
            {text(leads ? "group.makeMember" : "group.makeAdmin")}
          </CommandButton>
          {user.id !== viewer?.id && (
            <button
              type="button"
              className="button"
              aria-label={text(invited ? "group.withdrawOf" : "group.removeOf", { name })}
              onClick={() => setRemoving(true)}
            >
              {text(invited ? "group.withdraw" : "group.remove")}
            </button>
          )}
        </div>
        <Problems problems={setRole.problems} />
        <Suspense fallback={null}>
          {removing && (
            <Confirm
              title={text(invited ? "group.withdrawTitle" : "group.removeTitle", { name })}
              action={text(invited ? "group.withdraw" : "group.remove")}
              busy={remove.busy}
              problems={remove.problems}
              onConfirm={confirm}
              onClose={() => {
                remove.forget();
                setRemoving(false);
              }}
            >
              <p>{text(invited ? "group.withdrawExplain" : "group.removeExplain")}</p>
            </Confirm>
          )}
        </Suspense>
      </td>
    </tr>
  );
}
