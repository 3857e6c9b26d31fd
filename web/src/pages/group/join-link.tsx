import { useRef, useState } from "react";
import { useQuery } from "urql";
import { CommandButton } from "../../forms/command-button";
import { Problems } from "../../forms/problems";
import { useCommand } from "../../forms/use-command";
import { readFragment } from "../../generated/group/fragment-masking";
import {
  GroupJoinLinkDocument,
  type JoinLinkFragment,
  JoinLinkFragmentDoc,
  UpdateLinkDocument,
  type UpdateLinkMutation,
} from "../../generated/group/graphql";
import { Notice } from "../../parts/notice";
import { root } from "../../root";
import { useNumbers } from "../../texts/numbers";
import { useText } from "../../texts/texts";

const updatedOf = (data: UpdateLinkMutation) => data.updateJoinLink;

interface Properties {
  readonly groupId: string;
  /** Where the home of the group is elsewhere, its link can be shown and not changed. */
  readonly mayChange: boolean;
}

/** The link by which people join, for admins who want to see it. */
export function JoinLink({ groupId, mayChange }: Properties) {
  const text = useText();
  const [shown, setShown] = useState(false);
  return (
    <section className="panel" aria-labelledby="join-link">
      <div className="heading">
        <h2 id="join-link">{text("group.link")}</h2>
        <button
          type="button"
          className="button"
          aria-expanded={shown}
          onClick={() => setShown(!shown)}
        >
          {text(shown ? "group.hideLink" : "group.showLink")}
        </button>
      </div>
      <p className="hint">{text("group.linkExplain")}</p>
      {shown && <Shown groupId={groupId} mayChange={mayChange} />}
    </section>
  );
}

function Shown({ groupId, mayChange }: Properties) {
  const text = useText();
  const [{ data, error, fetching }, again] = useQuery({
    query: GroupJoinLinkDocument,
    variables: { id: groupId },
    requestPolicy: "network-only",
  });
  const link = readFragment(JoinLinkFragmentDoc, data?.userGroup?.joinLink);
  if (error) return <Notice error={error} onAgain={() => again()} />;
  if (fetching || data === undefined) {
    return (
      <p className="hint" role="status">
        {text("loading")}
      </p>
    );
  }
  return <Link groupId={groupId} mayChange={mayChange} link={link ?? null} />;
}

interface LinkProperties extends Properties {
  /** Null for a group that never had one. */
  readonly link: JoinLinkFragment | null;
}

function Link({ groupId, mayChange, link }: LinkProperties) {
  const text = useText();
  const numbers = useNumbers();
  const { run, busy, problems } = useCommand(UpdateLinkDocument, updatedOf);
  const [said, setSaid] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const change = async (what: { rotate: true } | { enabled: boolean }, done: string) => {
    setSaid("");
    if (await run({ input: { id: groupId, ...what } })) setSaid(done);
  };
  const address = link && (link.url ?? addressOf(groupId, link.token));
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(address ?? "");
      setSaid(text("group.linkCopied"));
    } catch {
      // The clipboard is closed to pages without TLS, and to whoever does not allow it.
      field.current?.select();
      setSaid(text("group.linkSelected"));
    }
  };
  return (
    <>
      {link && address ? (
        <label>
          {text(link.enabled ? "group.linkField" : "group.linkFieldOff")}
          <input ref={field} readOnly value={address} onFocus={({ target }) => target.select()} />
        </label>
      ) : (
        <p>{text("group.noLink")}</p>
      )}
      {link?.expiresAt && (
        <p className="hint">
          {text("group.linkExpires", { day: numbers.day(link.expiresAt.slice(0, 10)) })}
        </p>
      )}
      <div className="commands">
        {link && (
          <button type="button" className="button primary" onClick={copy}>
            {text("group.copyLink")}
          </button>
        )}
        {mayChange && (
          <CommandButton
            busy={busy}
            onClick={() =>
              change({ rotate: true }, text(link ? "group.linkRotated" : "group.linkMade"))
            }
          >
            {text(link ? "group.rotateLink" : "group.makeLink")}
          </CommandButton>
        )}
        {mayChange && link && (
          <CommandButton
            busy={busy}
            onClick={() =>
              change(
                { enabled: !link.enabled },
                text(link.enabled ? "group.linkIsOff" : "group.linkIsOn"),
              )
            }
          >
            {text(link.enabled ? "group.linkOff" : "group.linkOn")}
          </CommandButton>
        )}
      </div>
      <p className="hint" role="status">
        {said}
      </p>
      <Problems problems={problems} />
    </>
  );
}

/** The page of the group, with the token where browsers send it to no server. */
function addressOf(groupId: string, token: string): string {
  const fragment = new URLSearchParams({ join_token: token });
  return new URL(`${root}groups/${groupId}#${fragment}`, location.href).href;
}
