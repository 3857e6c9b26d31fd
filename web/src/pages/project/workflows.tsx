import type { ProjectPageFragment } from "../../generated/project/graphql";
import { Count } from "../../parts/count";
import { Share } from "../../parts/share";
import { useNumbers } from "../../texts/numbers";
import { useText } from "../../texts/texts";

type Project = NonNullable<ProjectPageFragment["project"]>;

interface Properties {
  readonly workflows: Project["workflows"];
}

export function Workflows({ workflows }: Properties) {
  const text = useText();
  const numbers = useNumbers();
  if (workflows === null) return null;
  return (
    <section className="panel" aria-labelledby="workflows">
      <div className="heading">
        <h2 id="workflows">{text("project.workflows")}</h2>
      </div>
      {workflows.nodes.length === 0 ? (
        <p className="empty">{text("project.noWorkflows")}</p>
      ) : (
        <>
          <div
            className="scrolling"
            role="group"
            aria-label={text("project.workflows")}
            tabIndex={0}
          >
            <table className="workflows">
              <thead>
                <tr>
                  <th scope="col">{text("project.workflow")}</th>
                  <th scope="col" className="number">
                    {text("project.classified")}
                  </th>
                  <th scope="col">{text("project.completeness")}</th>
                  <th scope="col" className="number">
                    {text("project.daysLeft")}
                  </th>
                </tr>
              </thead>
              <tbody>
                {workflows.nodes.map((one) => (
                  <tr key={one.id}>
                    <th scope="row">
                      {one.displayName ?? text("project.workflowUnnamed", { id: one.id })}
                      {one.active === false && (
                        <span className="tag">{text("project.inactive")}</span>
                      )}
                    </th>
                    <td className="number">
                      <Count value={one.chosen?.totalCount ?? 0} format={numbers.count} />
                    </td>
                    <td>
                      {one.completeness === null ? (
                        <Unknown />
                      ) : (
                        <span className="completeness">
                          <Share of={one.completeness} />
                          {numbers.percent(one.completeness)}
                        </span>
                      )}
                    </td>
                    <td className="number">
                      {one.estimatedDaysToCompletion !== null ? (
                        numbers.amountOf("days", one.estimatedDaysToCompletion)
                      ) : one.completeness !== null && one.completeness >= 1 ? (
                        <span className="hint">{text("project.complete")}</span>
                      ) : (
                        <Unknown />
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <p className="hint">
            {workflows.totalCount > workflows.nodes.length &&
              `${text("project.moreWorkflows", {
                shown: numbers.count(workflows.nodes.length),
                count: numbers.count(workflows.totalCount),
              })} `}
            {workflows.nodes.some((one) => one.estimatedDaysToCompletion !== null) &&
              text("project.pace")}
          </p>
        </>
      )}
    </section>
  );
}

/** A dash for eyes, words for ears. */
function Unknown() {
  const text = useText();
  return (
    <>
      <span className="hint" aria-hidden="true">
        –
      </span>
      <span className="unseen">{text("project.notKnown")}</span>
    </>
  );
}
