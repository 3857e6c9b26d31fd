// Certificates of one's own: issuing, printing and revoking them.

import { lazy, Suspense, useMemo, useRef, useState } from "react";
import { useQuery } from "urql";
import { Link, useSearch } from "wouter";
import { type Measure, readProject } from "../../address";
import { Print } from "../../certificates/print";
import { checkPath, Days, issuedOn, Sheet } from "../../certificates/sheet";
import {
  CertificateFragmentDoc,
  OwnCertificatesDocument,
  ViewerFragmentDoc,
} from "../../generated/certificate/graphql";
import { readFragment } from "../../generated/certificate/fragment-masking";
import { Notice } from "../../parts/notice";
import { useTitle } from "../../parts/use-title";
import { useToday } from "../../parts/use-today";
import { useView } from "../../parts/view";
import { Waiting } from "../../parts/waiting";
import { AskToSignIn } from "../../session/ask-to-sign-in";
import { useSession } from "../../session/session";
import { useTellViewer } from "../../session/viewer";
import { useNumbers } from "../../texts/numbers";
import { useText } from "../../texts/texts";
import { Issue } from "./issue";

const RevokeDialog = lazy(() => import("./revoke-dialog"));

const MEASURES: readonly Measure[] = ["classifications"];

export default function CertificatePage() {
  const text = useText();
  const { signedIn } = useSession();
  useTitle(text("certificate.own"));
  return (
    <>
      <div className="opening">
        <h1>{text("certificate.own")}</h1>
        <p className="lead">{text("certificate.explain")}</p>
      </div>
      {signedIn ? <Own /> : <AskToSignIn reason="certificate.signIn" />}
    </>
  );
}

function Own() {
  const text = useText();
  const numbers = useNumbers();
  const today = useToday();
  const view = useView(today, MEASURES);
  const project = readProject(useSearch());
  const variables = useMemo(
    () => ({ range: view.range, within: project === undefined ? null : { projectIds: [project] } }),
    [view.range.start, view.range.end, project],
  );
  const [{ data, error }, again] = useQuery({ query: OwnCertificatesDocument, variables });
  useTellViewer(data && readFragment(ViewerFragmentDoc, data).me);
  const [shown, setShown] = useState<string>();
  const [revoked, setRevoked] = useState<string>();
  const list = useRef<HTMLHeadingElement>(null);

  const me = data?.me;
  const certificates = readFragment(CertificateFragmentDoc, me?.certificates) ?? [];
  const sheet = certificates.find(({ code }) => code === shown) ?? certificates[0];
  return (
    <>
      {error && <Notice error={error} onAgain={() => again()} partly={me != null} />}
      {!data && !error && <Waiting figures={3} />}
      {me && (
        <Issue me={me} view={view} today={today} project={project} onIssued={setShown} />
      )}
      {sheet && (
        <>
          <Sheet certificate={sheet} />
          <Print />
        </>
      )}
      {me && (
        <section className="panel" aria-labelledby="issued">
          <h2 id="issued" ref={list} tabIndex={-1}>
            {text("certificate.yours")}
          </h2>
          {certificates.length === 0 && <p className="hint">{text("certificate.noneYet")}</p>}
          <ul className="certified">
            {certificates.map((one) => (
              <li key={one.code}>
                <div>
                  <Link href={checkPath(one.code)}>
                    {one.project
                      ? (one.projectName ?? text("project.unnamed", { id: one.project.id }))
                      : text("project.all")}
                    , <Days certificate={one} />
                  </Link>
                  <p className="note">
                    {text("certificate.issued", { day: numbers.day(issuedOn(one)) })}
                    {one.figuresChanged && ` ${text("certificate.changedSince")}`}
                  </p>
                </div>
                <div className="acts">
                  <button type="button" className="button" onClick={() => setShown(one.code)}>
                    {text("certificate.show")}
                  </button>
                  <button type="button" className="button" onClick={() => setRevoked(one.code)}>
                    {text("certificate.revoke")}
                  </button>
                </div>
              </li>
            ))}
          </ul>
        </section>
      )}
      {revoked !== undefined && (
        <Suspense>
          <RevokeDialog code={revoked} elsewhere={list} onClose={() => setRevoked(undefined)} />
        </Suspense>
      )}
    </>
  );
}
