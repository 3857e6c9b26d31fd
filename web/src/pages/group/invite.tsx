// The dialog that invites people by their logins.

import { type SyntheticEvent, useState } from "react";
import { Button } from "react-aria-components";
import { Dialog } from "../../forms/dialog";
import { Problems } from "../../forms/problems";
import { type Problem, useCommand } from "../../forms/use-command";
import { InviteToGroupDocument, type InviteToGroupMutation } from "../../generated/group/graphql";
import { useText } from "../../texts/texts";
import { useNameOf } from "./names";

const MOST = 100;

interface Properties {
  readonly groupId: string;
  readonly onClose: () => void;
  /** Told who was invited, as a sentence. */
  readonly onInvited: (what: string) => void;
}

const payloadOf = (data: InviteToGroupMutation) => data.inviteToUserGroup;

export default function Invite({ groupId, onClose, onInvited }: Properties) {
  const text = useText();
  const nameOf = useNameOf();
  const { run, busy, problems, forget } = useCommand(InviteToGroupDocument, payloadOf);
  const [asked, setAsked] = useState<readonly string[]>([]);
  const tooMany = asked.length > MOST;
  const submit = async (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const logins = String(form.get("logins")).split(/[\s,;]+/).filter(Boolean);
    setAsked(logins);
    forget();
    if (logins.length === 0 || logins.length > MOST) return;
    const role = form.get("admin") ? "GROUP_ADMIN" : "GROUP_MEMBER";
    const payload = (await run({ input: { id: groupId, logins, role } }))?.inviteToUserGroup;
    if (!payload) return;
    const members = (payload.alreadyMembers ?? []).map(nameOf).join(", ");
    const invited = text("group.hasInvited", { count: payload.invitations?.length ?? 0 });
    onInvited(members ? `${invited} ${text("group.alreadyMembers", { members })}` : invited);
  };
  // A refusal of one login says which.
  const named = problems.map(({ sentence, path }): Problem => {
    const login = path.at(-2) === "logins" ? asked[Number(path.at(-1))] : undefined;
    return { sentence: login === undefined ? sentence : `${login}: ${sentence}`, path };
  });
  return (
    <Dialog title={text("group.invite")} onClose={onClose}>
      <form className="fields" onSubmit={submit}>
        <p>{text("group.inviteExplain")}</p>
        <label>
          {text("group.logins")}
          <textarea name="logins" rows={4} required autoFocus spellCheck="false" />
        </label>
        <label className="check">
          <input type="checkbox" name="admin" />
          {text("group.inviteAsAdmin")}
        </label>
        <Problems
          problems={tooMany ? [{ sentence: text("group.inviteFewer"), path: [] }] : named}
        />
        <div className="buttons">
          <Button className="button" onPress={onClose}>
            {text("confirm.cancel")}
          </Button>
          <Button className="button primary" type="submit" isPending={busy}>
            {text("group.sendInvitations")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
