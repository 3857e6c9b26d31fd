import { useMemo } from "react";
import { useQuery } from "urql";
import { type Measure } from "../../address";
import { series, seriesOfAll } from "../../charts/bars";
import { ChartPanel } from "../../charts/chart-panel";
import { before, isBounded } from "../../days";
import {
  ProjectBucketFragmentDoc,
  ProjectDocument,
  ProjectLiveDocument,
  ProjectPageFragmentDoc,
  ViewerFragmentDoc,
} from "../../generated/project/graphql";
import { readFragment } from "../../generated/project/fragment-masking";
import { codesOf } from "../../graphql/problems";
import { useLive } from "../../graphql/use-live";
import { Embed } from "../../parts/embed";
import { Milestones } from "../../parts/milestones";
import { Notice } from "../../parts/notice";
import { useTitle } from "../../parts/use-title";
import { useToday } from "../../parts/use-today";
import { useView } from "../../parts/view";
import { Waiting } from "../../parts/waiting";
import { useTellViewer } from "../../session/viewer";
import { useNumbers } from "../../texts/numbers";
import { useText } from "../../texts/texts";
import { Missing } from "../missing/page";
import { ProjectFigures } from "./figures";
import { Workflows } from "./workflows";

const MEASURES: readonly Measure[] = ["classifications", "hours", "volunteers", "comments"];

export function ProjectPage({ id }: { readonly id: string }) {
  const text = useText();
  const numbers = useNumbers();
  const today = useToday();
  const view = useView(today, MEASURES);
  const variables = useMemo(
    () => ({
      id,
      range: view.range,
      before: isBounded(view.range) ? before(view.range) : null,
      bounded: isBounded(view.range),
    }),
    [id, view.range.start, view.range.end],
  );
  const [{ data, error, fetching, stale }, again] = useQuery({ query: ProjectDocument, variables });
  const page = readFragment(ProjectPageFragmentDoc, data);
  const project = page?.project;
  useLive(ProjectLiveDocument, variables, project != null);
  useTellViewer(page && readFragment(ViewerFragmentDoc, page)?.me);
  const name = project && (project.displayName ?? text("project.unnamed", { id }));
  useTitle(name ?? text("project.unnamed", { id }));

  if (error && !project && codesOf(error).some((code) => MISSING.includes(code))) {
    return <Missing reason={text("project.none", { id })} />;
  }
  const { allTime, chosen, comments } = project ?? {};
  const counted = view.measure === "comments" ? comments : undefined;
  const of = (buckets: NonNullable<typeof chosen>["buckets"] | undefined) =>
    readFragment(ProjectBucketFragmentDoc, buckets);
  const buckets = counted?.buckets ?? of(chosen?.buckets);
  const earlier = counted ? counted.before?.buckets : of(chosen?.before?.buckets);
  return (
    <>
      <div className="opening">
        <h1>{name ?? text("project.unnamed", { id })}</h1>
        {allTime?.firstDay && allTime.lastDay && (
          <p className="lead">
            {text("project.period", {
              first: numbers.day(allTime.firstDay),
              last: numbers.day(allTime.lastDay),
            })}
          </p>
        )}
        {project && name && (
          <div>
            <Embed path={`/projects/${project.id}`} name={name} view={view} />
          </div>
        )}
      </div>
      {error && <Notice error={error} onAgain={() => again()} partly={project != null} />}
      {project == null && !error && <Waiting figures={4} />}
      {project && <ProjectFigures project={project} range={view.range} busy={fetching} />}
      {allTime && buckets && (
        <ChartPanel
          view={view}
          today={today}
          measures={MEASURES}
          comparable
          busy={fetching && !stale}
          series={
            view.preset === "all"
              ? seriesOfAll(view.measure, allTime, buckets, counted ? undefined : of(allTime.months))
              : series(view.measure, view.range, today, buckets, view.compared ? (earlier ?? null) : null)
          }
        />
      )}
      {project && (
        <>
          <Workflows workflows={project.workflows} />
          <Milestones milestones={project.milestones} />
        </>
      )}
    </>
  );
}

/** An id that is none, and one that nothing has, look the same to a person. */
const MISSING = ["NOT_FOUND", "INVALID_ARGUMENT"];
