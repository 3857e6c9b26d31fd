import { useQuery } from "urql";
import { CommandButton } from "../../forms/command-button";
import { Problems } from "../../forms/problems";
import { useCommand } from "../../forms/use-command";
import { readFragment } from "../../generated/join/fragment-masking";
import { JoinDocument, JoinGroupDocument, ViewerFragmentDoc } from "../../generated/join/graphql";
import { codesOf } from "../../graphql/problems";
import { Notice } from "../../parts/notice";
import { useTitle } from "../../parts/use-title";
import { Waiting } from "../../parts/waiting";
import { AskToSignIn } from "../../session/ask-to-sign-in";
import { useSession } from "../../session/session";
import { useTellViewer } from "../../session/viewer";
import { useText } from "../../texts/texts";
import { Seen } from "./seen";

interface Properties {
  readonly id: string;
  readonly token: string;
  /** Told the group's name. */
  readonly onJoined: (name: string) => void;
  /** The link is put away. */
  readonly onLeft: () => void;
}

/** Asks whether to join a group, and says before what others will see then. */
export default function JoinPage({ id, token, onJoined, onLeft }: Properties) {
  const text = useText();
  const { signedIn } = useSession();
  const [{ data, error, fetching }, again] = useQuery({ query: JoinDocument, variables: { id } });
  const { run, busy, problems } = useCommand(JoinGroupDocument, (data) => data.joinUserGroup);
  useTellViewer(data && readFragment(ViewerFragmentDoc, data)?.me);
  const group = data?.userGroup;
  const name = group?.displayName ?? text("join.someGroup");
  const title = text("join.title", { name });
  useTitle(title);

  // A hidden group is as if there were none, until one has joined.
  const failed = error && !codesOf(error).includes("NOT_FOUND") ? error : undefined;
  if (fetching && !data && !failed) return <Opening title={title} waits />;
  const mayJoin = data?.me?.viewerPermissions.createGroups !== false;
  const isMember = group?.viewerMembership?.state === "ACTIVE";
  const join = async () => {
    // A variable of a POST, and so in no address.
    const done = await run({ input: { id, joinToken: token } });
    if (done) onJoined(done.joinUserGroup?.userGroup?.displayName ?? name);
  };
  return (
    <>
      <Opening title={title} />
      {failed && <Notice error={failed} onAgain={() => again()} />}
      <section className="panel" aria-labelledby="joining">
        <div className="heading">
          <h2 id="joining">{text(isMember ? "join.already" : "join.question")}</h2>
        </div>
        {!isMember && <Seen level={group?.statsVisibility ?? null} />}
        <Problems problems={problems} />
        {!signedIn && <AskToSignIn reason="join.signIn" />}
        {!mayJoin && !isMember && <p className="empty">{text("groups.notHere")}</p>}
        <div className="buttons">
          <button type="button" className="button" onClick={onLeft}>
            {text(isMember ? "join.toGroup" : "join.notNow")}
          </button>
          {signedIn && mayJoin && !isMember && (
            <CommandButton busy={busy} primary onClick={join}>
              {text("join.join")}
            </CommandButton>
          )}
        </div>
      </section>
    </>
  );
}

function Opening({ title, waits = false }: { readonly title: string; readonly waits?: boolean }) {
  const text = useText();
  return (
    <>
      <div className="opening">
        <h1>{title}</h1>
        <p className="lead">{text("join.lead")}</p>
      </div>
      {waits && <Waiting figures={0} />}
    </>
  );
}
