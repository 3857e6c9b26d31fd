import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { useQuery } from "urql";
import { Link, useLocation, useSearch } from "wouter";
import { PAGE } from "../../address";
import {
  GroupsDocument,
  GroupsLiveDocument,
  GroupsPageFragmentDoc,
  ViewerFragmentDoc,
} from "../../generated/groups/graphql";
import { readFragment } from "../../generated/groups/fragment-masking";
import { useLive } from "../../graphql/use-live";
import { useLostPlace } from "../../parts/lost-place";
import { Notice } from "../../parts/notice";
import { Said } from "../../parts/said";
import { useTitle } from "../../parts/use-title";
import { Waiting } from "../../parts/waiting";
import { AskToSignIn } from "../../session/ask-to-sign-in";
import { useSession } from "../../session/session";
import { useTellViewer } from "../../session/viewer";
import { useText } from "../../texts/texts";
import { Cards } from "./cards";
import { Invitations } from "./invitations";

const Create = lazy(() => import("./create"));

export default function GroupsPage() {
  const text = useText();
  const { signedIn } = useSession();
  useTitle(text("groups.title"));
  return (
    <>
      <h1>{text("groups.title")}</h1>
      {signedIn ? (
        <MyGroups />
      ) : (
        <section className="panel">
          <AskToSignIn reason="groups.signIn" />
        </section>
      )}
    </>
  );
}

function MyGroups() {
  const text = useText();
  const [, navigate] = useLocation();
  const after = new URLSearchParams(useSearch()).get(PAGE);
  const variables = useMemo(() => ({ after }), [after]);
  const [creating, setCreating] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  const [{ data, error }, again] = useQuery({ query: GroupsDocument, variables });
  const page = readFragment(GroupsPageFragmentDoc, data);
  useLive(GroupsLiveDocument, variables, page?.me != null);
  useTellViewer(page && readFragment(ViewerFragmentDoc, page)?.me);
  const isLost = useLostPlace(error);
  const answered = useCallback(
    (what: string) => {
      setSaid(what);
      again({ requestPolicy: "network-only" });
    },
    [again],
  );
  const { memberships, invitations, closed } = page?.me ?? {};
  const may = page?.me?.viewerPermissions.createGroups;
  const ended = closed?.nodes.filter(({ group }) => group.viewerPermissions.reactivate) ?? [];
  return (
    <>
      {error && !isLost && <Notice error={error} onAgain={() => again()} partly={page?.me != null} />}
      {page?.me == null && (!error || isLost) && <Waiting figures={3} />}
      {said !== null && <Said>{said}</Said>}
      {invitations && invitations.nodes.length > 0 && (
        <Invitations invitations={invitations} mayAnswer={may === true} onAnswered={answered} />
      )}
      {memberships && (
        <>
          {may ? (
            <div>
              <button type="button" className="button primary" onClick={() => setCreating(true)}>
                {text("groups.create")}
              </button>
            </div>
          ) : (
            <p className="hint">{text("groups.notHere")}</p>
          )}
          <Cards memberships={memberships} isFirst={after === null} mayJoin={may === true} />
        </>
      )}
      {ended.length > 0 && (
        <section className="panel" aria-labelledby="closed">
          <div className="heading">
            <h2 id="closed">{text("groups.closed")}</h2>
          </div>
          <ul className="found">
            {ended.map(({ id, group }) => (
              <li key={id}>
                <Link href={`/groups/${group.id}`}>
                  {group.displayName ?? text("groups.unnamed", { id: group.id })}
                </Link>
              </li>
            ))}
          </ul>
        </section>
      )}
      {creating && (
        <Suspense fallback={null}>
          <Create
            onClose={() => setCreating(false)}
            onCreated={(id) => {
              setCreating(false);
              navigate(`/groups/${id}`);
            }}
          />
        </Suspense>
      )}
    </>
  );
}
