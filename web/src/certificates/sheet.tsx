// A certificate as it is shown and printed: on one page, whatever stands around it.

import type { Day } from "../days";
import type { CertificateFragment } from "../generated/certificates/graphql";
import { root } from "../root";
import { hours, useNumbers } from "../texts/numbers";
import { useText } from "../texts/texts";
import "./sheet.css";

/** The path of the page on which anybody who has the code can check it. */
export const checkPath = (code: string): string => `/certificates/${code}`;

/** A code in groups of four, which people can compare and type. */
export const shownCode = (code: string): string => code.replace(/.{4}(?=.)/g, "$& ");

export function Sheet({ certificate }: { readonly certificate: CertificateFragment }) {
  const text = useText();
  const numbers = useNumbers();
  const { code, login, displayName, project, projectName, projectCount } = certificate;
  const name = displayName ?? text("certificate.someone");
  const address = root + checkPath(code).slice(1);
  return (
    <article className="sheet" aria-labelledby="sheet">
      <p className="kind">{text("certificate.kind")}</p>
      <p>{text("certificate.says")}</p>
      <h2 id="sheet" className="name">
        <bdi>{name}</bdi>
      </h2>
      {login !== null && login !== displayName && (
        <p className="note">
          {text("certificate.login")} <bdi>{login}</bdi>
        </p>
      )}
      <p>
        {project ? (
          <>
            {text("certificate.project")}{" "}
            <strong>
              <bdi>{projectName ?? text("project.unnamed", { id: project.id })}</bdi>
            </strong>
          </>
        ) : (
          text("certificate.everywhere")
        )}
      </p>
      <dl className="facts">
        <Fact label={text("measure.classifications")} value={numbers.count(certificate.totalCount)} />
        <Fact
          label={text("measure.hours")}
          value={numbers.amount("hours", hours(certificate.timeSpent))}
        />
        {!project && <Fact label={text("certificate.projects")} value={numbers.count(projectCount)} />}
      </dl>
      <p>
        <Days certificate={certificate} />
      </p>
      <div className="proof">
        <p>{text("certificate.issued", { day: numbers.day(issuedOn(certificate)) })}</p>
        <p>
          {text("certificate.code")} <code>{shownCode(code)}</code>
        </p>
        <p>
          {text("certificate.check")} <a href={address}>{new URL(address, location.href).href}</a>
        </p>
      </div>
    </article>
  );
}

/** The day in UTC on which it was issued. */
export const issuedOn = ({ issuedAt }: { readonly issuedAt: string }): Day => issuedAt.slice(0, 10);

/** The days that counted. */
export function Days({ certificate }: { readonly certificate: CertificateFragment }) {
  const text = useText();
  const numbers = useNumbers();
  const { start, end } = certificate;
  if (start === end) return numbers.day(end);
  return start === null
    ? text("range.until", { end: numbers.day(end) })
    : text("range.between", { start: numbers.day(start), end: numbers.day(end) });
}

function Fact({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}
