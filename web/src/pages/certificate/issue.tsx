// What is to be certified: the days and the project stand in the address, and the figures of today
// beside the button.

import type { View } from "../../address";
import type { Day } from "../../days";
import { CommandButton } from "../../forms/command-button";
import { Problems } from "../../forms/problems";
import { useCommand } from "../../forms/use-command";
import {
  IssueCertificateDocument,
  type IssueCertificateMutation,
  type OwnCertificatesQuery,
} from "../../generated/certificate/graphql";
import { Figure } from "../../parts/figure";
import { ProjectPicker } from "../../parts/project-picker";
import { RangePicker } from "../../parts/view";
import { hours, useNumbers } from "../../texts/numbers";
import { useText } from "../../texts/texts";

type Me = NonNullable<OwnCertificatesQuery["me"]>;

interface Properties {
  readonly me: Me;
  readonly view: View;
  readonly today: Day;
  readonly project: string | undefined;
  readonly onIssued: (code: string) => void;
}

const payloadOf = (data: IssueCertificateMutation) => data.issueCertificate;

export function Issue({ me, view, today, project, onIssued }: Properties) {
  const text = useText();
  const numbers = useNumbers();
  const { run, busy, problems } = useCommand(IssueCertificateDocument, payloadOf);
  const issue = async () => {
    const done = await run({ input: { range: view.range, projectId: project ?? null } });
    const code = done?.issueCertificate?.certificate?.code;
    if (code !== undefined) onIssued(code);
  };
  const { chosen } = me;
  return (
    <section className="panel" aria-labelledby="issue">
      <div className="heading">
        <h2 id="issue">{text("certificate.new")}</h2>
        <RangePicker view={view} today={today} />
      </div>
      <div className="certify">
        <ProjectPicker
          projects={(me.allTime?.projectContributions ?? []).map((one) => one.project)}
          chosen={project}
        />
        <CommandButton
          busy={busy}
          primary
          disabled={!chosen || chosen.totalCount === 0}
          onClick={issue}
        >
          {text("certificate.issue")}
        </CommandButton>
      </div>
      <Problems problems={problems} />
      {chosen?.totalCount === 0 && <p className="hint">{text("certificate.nothing")}</p>}
      {chosen && (
        <dl className="figures">
          <Figure
            label={text("measure.classifications")}
            value={chosen.totalCount}
            format={numbers.count}
          />
          <Figure
            label={text("measure.hours")}
            value={hours(chosen.timeSpent)}
            format={(value) => numbers.amount("hours", value)}
          />
          <Figure
            label={text("certificate.projects")}
            value={chosen.projectCount}
            format={numbers.count}
          />
        </dl>
      )}
    </section>
  );
}
