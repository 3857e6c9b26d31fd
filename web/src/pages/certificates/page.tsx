// What a third party sees who was given the code of a certificate.

import { useMemo } from "react";
import { useQuery } from "urql";
import { Print } from "../../certificates/print";
import { issuedOn, Sheet } from "../../certificates/sheet";
import {
  CertificateFragmentDoc,
  CheckCertificateDocument,
  ViewerFragmentDoc,
} from "../../generated/certificates/graphql";
import { readFragment } from "../../generated/certificates/fragment-masking";
import { IN_THE_BODY } from "../../graphql/named-documents";
import { Notice } from "../../parts/notice";
import { useTitle } from "../../parts/use-title";
import { Waiting } from "../../parts/waiting";
import { useTellViewer } from "../../session/viewer";
import { useNumbers } from "../../texts/numbers";
import { useText } from "../../texts/texts";

export default function CertificatesPage({ code }: { readonly code: string }) {
  const text = useText();
  const numbers = useNumbers();
  const variables = useMemo(() => ({ code }), [code]);
  const [{ data, error }, again] = useQuery({
    query: CheckCertificateDocument,
    variables,
    context: IN_THE_BODY,
  });
  useTellViewer(data && readFragment(ViewerFragmentDoc, data).me);
  useTitle(text("certificate.title"));
  const certificate = readFragment(CertificateFragmentDoc, data?.certificate);
  return (
    <>
      <div className="opening">
        <h1>{text("certificate.title")}</h1>
        {certificate && <p className="lead">{text("certificate.found")}</p>}
      </div>
      {error && <Notice error={error} onAgain={() => again()} />}
      {!data && !error && <Waiting figures={3} />}
      {data && !certificate && (
        <section className="panel">
          <p>
            <strong>{text("certificate.none")}</strong>
          </p>
          <p>{text("certificate.noneWhy")}</p>
        </section>
      )}
      {certificate && (
        <>
          <p className={certificate.figuresChanged ? "panel changed" : "panel"} role="status">
            {text(certificate.figuresChanged ? "certificate.changed" : "certificate.same", {
              day: numbers.day(issuedOn(certificate)),
            })}
          </p>
          <Sheet certificate={certificate} />
          <Print />
        </>
      )}
    </>
  );
}
