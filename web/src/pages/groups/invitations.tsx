import { useState } from "react";
import { CommandButton } from "../../forms/command-button";
import { Problems } from "../../forms/problems";
import { useCommand } from "../../forms/use-command";
import {
  AcceptInvitationDocument,
  DeclineInvitationDocument,
  type GroupsPageFragment,
} from "../../generated/groups/graphql";
import { useText } from "../../texts/texts";

type Me = NonNullable<GroupsPageFragment["me"]>;
type Invited = NonNullable<Me["invitations"]>;

interface Properties {
  readonly invitations: Invited;
  readonly mayAnswer: boolean;
  /** Told what was done, as a sentence. */
  readonly onAnswered: (what: string) => void;
}

/** Invitations that wait for an answer. */
export function Invitations({ invitations, mayAnswer, onAnswered }: Properties) {
  const text = useText();
  return (
    <section className="panel" aria-labelledby="invitations">
      <div className="heading">
        <h2 id="invitations">{text("groups.invitations")}</h2>
      </div>
      <ul className="invitations">
        {invitations.nodes.map((one) => (
          <Invitation
            key={one.id}
            invitation={one}
            mayAnswer={mayAnswer}
            onAnswered={onAnswered}
          />
        ))}
      </ul>
      {mayAnswer && <p className="hint">{text("groups.declining")}</p>}
    </section>
  );
}

interface OneProperties {
  readonly invitation: Invited["nodes"][number];
  readonly mayAnswer: boolean;
  readonly onAnswered: (what: string) => void;
}

function Invitation({ invitation, mayAnswer, onAnswered }: OneProperties) {
  const { group, roles } = invitation;
  const text = useText();
  const accept = useCommand(AcceptInvitationDocument, (data) => data.acceptInvitation);
  const decline = useCommand(DeclineInvitationDocument, (data) => data.declineInvitation);
  // It stays in the list until that is read again.
  const [answered, setAnswered] = useState(false);
  const busy = accept.busy || decline.busy || answered;
  const name = group.displayName ?? text("groups.unnamed", { id: group.id });
  const answer = async (done: Promise<unknown>, said: string) => {
    if ((await done) === null) return;
    setAnswered(true);
    onAnswered(said);
  };
  const reject = (forEver: boolean) =>
    answer(
      decline.run({ input: { id: group.id, forEver } }),
      text(forEver ? "groups.declinedForEver" : "groups.declined", { name }),
    );
  return (
    <li>
      <div>
        <h3>{name}</h3>
        <p className="note">
          {text(roles.includes("GROUP_ADMIN") ? "groups.asAdmin" : "groups.asMember")}
        </p>
        <p>{text(`level.${group.statsVisibility}`)}</p>
      </div>
      {mayAnswer && (
        <div className="answers" role="group" aria-label={name}>
          <CommandButton
            busy={busy}
            primary
            onClick={() =>
              answer(accept.run({ input: { id: group.id } }), text("join.joined", { name }))
            }
          >
            {text("groups.accept")}
          </CommandButton>
          <CommandButton busy={busy} onClick={() => reject(false)}>
            {text("groups.decline")}
          </CommandButton>
          <CommandButton busy={busy} onClick={() => reject(true)}>
            {text("groups.declineForEver")}
          </CommandButton>
        </div>
      )}
      <Problems problems={[...accept.problems, ...decline.problems]} />
    </li>
  );
}
