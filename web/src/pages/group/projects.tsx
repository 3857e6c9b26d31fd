import { Link, useLocation, useSearch } from "wouter";
import { changed, type Measure } from "../../address";
import type { Range } from "../../days";
import { Download } from "../../files/download";
import { withDays } from "../../files/with-days";
import { Ranking } from "../../parts/ranking";
import { ViewLink } from "../../parts/view";
import { hours, useNumbers } from "../../texts/numbers";
import { useText } from "../../texts/texts";
import type { Group } from "./group";

type Contribution = NonNullable<Group["everywhere"]>["projectContributions"][number];
type Project = NonNullable<Contribution["project"]>;

const SHOWN = 10;

interface PickerProperties {
  /** Of the days that are shown, in all projects. */
  readonly contributions: readonly Contribution[];
  readonly chosen: string | undefined;
  /** Of the chosen project, which may have nothing on these days. */
  readonly names: readonly (Project | null)[];
}

/** Shows one project, or all of them. */
export function ProjectPicker({ contributions, chosen, names }: PickerProperties) {
  const text = useText();
  const [path, navigate] = useLocation();
  const query = useSearch();
  const projects = contributions.flatMap(({ project }) => project ?? []);
  const missing = chosen !== undefined && !projects.some(({ id }) => id === chosen);
  const options = missing
    ? [...projects, names.find((one) => one?.id === chosen) ?? { id: chosen, displayName: null }]
    : projects;
  return (
    <label>
      {text("group.project")}
      <select
        value={chosen ?? ""}
        onChange={({ target }) =>
          navigate(path + changed(query, { project: target.value || null }))
        }
      >
        <option value="">{text("group.allProjects")}</option>
        {options.map(({ id, displayName }) => (
          <option key={id} value={id}>
            {displayName ?? text("project.unnamed", { id })}
          </option>
        ))}
      </select>
    </label>
  );
}

interface TopProperties {
  readonly groupId: string;
  readonly range: Range;
  readonly contributions: readonly Contribution[];
  readonly measure: Measure;
  readonly chosen: string | undefined;
}

/** The projects in which the group did most on these days. */
export function TopProjects({ groupId, range, contributions, measure, chosen }: TopProperties) {
  const text = useText();
  const numbers = useNumbers();
  const value = (one: Contribution) => (measure === "hours" ? hours(one.timeSpent) : one.count);
  const rows = contributions
    .flatMap((one) => (one.project ? { project: one.project, value: value(one) } : []))
    .sort((one, other) => other.value - one.value);
  return (
    <section className="panel" aria-labelledby="top-projects">
      <div className="heading">
        <h2 id="top-projects">{text("group.topProjects")}</h2>
        {chosen !== undefined && (
          <ViewLink change={{ project: null }}>{text("group.allProjects")}</ViewLink>
        )}
      </div>
      {rows.length === 0 ? (
        <p className="empty">{text("chart.empty")}</p>
      ) : (
        <>
          <Ranking
            format={(amount) => numbers.amount(measure, amount)}
            rows={rows.slice(0, SHOWN).map(({ project: { id, displayName }, value }) => ({
              key: id,
              name: (
                <Link href={`/projects/${id}`}>
                  {displayName ?? text("project.unnamed", { id })}
                </Link>
              ),
              value,
            }))}
          />
          <Download path={withDays(`/groups/${groupId}/projects`, range)} label="group.projectsFile" />
          {rows.length > SHOWN && (
            <p className="hint">
              {text("group.moreProjects", { count: rows.length - SHOWN })}
            </p>
          )}
        </>
      )}
    </section>
  );
}
