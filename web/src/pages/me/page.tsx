import { useMemo } from "react";
import { useQuery } from "urql";
import { Link, useSearch } from "wouter";
import { type Measure, readProject } from "../../address";
import { series, seriesOfAll } from "../../charts/bars";
import { ChartPanel } from "../../charts/chart-panel";
import { before, isBounded } from "../../days";
import {
  MeBucketFragmentDoc,
  MeDocument,
  MeLiveDocument,
  MePageFragmentDoc,
  MeProjectFragmentDoc,
  ViewerFragmentDoc,
} from "../../generated/me/graphql";
import { readFragment } from "../../generated/me/fragment-masking";
import { useLive } from "../../graphql/use-live";
import { Goals } from "../../goals/goals";
import { Milestones } from "../../parts/milestones";
import { Notice } from "../../parts/notice";
import { ProjectPicker } from "../../parts/project-picker";
import { useTitle } from "../../parts/use-title";
import { useToday } from "../../parts/use-today";
import { useView } from "../../parts/view";
import { Waiting } from "../../parts/waiting";
import { AskToSignIn } from "../../session/ask-to-sign-in";
import { useTellViewer } from "../../session/viewer";
import { useNumbers } from "../../texts/numbers";
import { useText } from "../../texts/texts";
import { MeFigures } from "./figures";
import { Groups } from "./groups";
import { MostProjects, RecentProjects } from "./projects";
import { Streaks } from "./streaks";

const MEASURES: readonly Measure[] = ["classifications", "hours", "comments"];

export default function MePage() {
  const text = useText();
  const numbers = useNumbers();
  const today = useToday();
  const view = useView(today, MEASURES);
  const project = readProject(useSearch());
  const variables = useMemo(
    () => ({
      range: view.range,
      before: isBounded(view.range) ? before(view.range) : null,
      projects: project === undefined ? null : [project],
      within: project === undefined ? null : { projectIds: [project] },
      bounded: isBounded(view.range),
      order: view.measure === "hours" ? ("MOST_TIME" as const) : ("MOST_CLASSIFICATIONS" as const),
    }),
    [view.range.start, view.range.end, view.measure, project],
  );
  const [{ data, error, fetching, stale }, again] = useQuery({ query: MeDocument, variables });
  const page = readFragment(MePageFragmentDoc, data);
  const me = page?.me;
  useLive(MeLiveDocument, variables, me != null);
  useTellViewer(page && readFragment(ViewerFragmentDoc, page)?.me);
  useTitle(text("me.title"));

  const { allTime, charted, chosen, comments, everywhere } = me ?? {};
  const counted = view.measure === "comments" ? comments : undefined;
  const of = (buckets: NonNullable<typeof chosen>["buckets"] | undefined) =>
    readFragment(MeBucketFragmentDoc, buckets);
  const buckets = counted?.buckets ?? of(chosen?.buckets);
  const earlier = counted ? counted.before?.buckets : of(chosen?.before?.buckets);
  const most = readFragment(MeProjectFragmentDoc, everywhere?.most ?? []);
  const recent = readFragment(MeProjectFragmentDoc, allTime?.recent ?? []);
  const projects = (allTime?.everywhere ?? []).flatMap((one) => one.project ?? []);
  return (
    <>
      <div className="opening">
        <h1>{me ? (me.displayName ?? me.login ?? text("me.title")) : text("me.title")}</h1>
        {allTime?.firstDay && allTime.lastDay && (
          <p className="lead">
            {text("project.period", {
              first: numbers.day(allTime.firstDay),
              last: numbers.day(allTime.lastDay),
            })}
          </p>
        )}
        {me && (
          <p>
            <Link href="/me/certificate">{text("me.certificate")}</Link>
          </p>
        )}
      </div>
      {error && <Notice error={error} onAgain={() => again()} partly={me != null} />}
      {page === undefined && !error && <Waiting figures={4} />}
      {page?.me === null && !error && <AskToSignIn reason="me.signIn" />}
      {me && <MeFigures me={me} range={view.range} busy={fetching} />}
      {charted && buckets && (
        <ChartPanel
          view={view}
          today={today}
          measures={MEASURES}
          comparable
          busy={fetching && !stale}
          filter={<ProjectPicker projects={projects} chosen={project} />}
          series={
            view.preset === "all"
              ? seriesOfAll(view.measure, charted, buckets, counted ? undefined : of(charted.months))
              : series(view.measure, view.range, today, buckets, view.compared ? (earlier ?? null) : null)
          }
        />
      )}
      {me?.goals && (
        <Goals
          goals={me.goals}
          owner={{ me: true }}
          mayChange={me.viewerPermissions.editGoals}
          projects={projects.map(({ id, displayName }) => ({
            id,
            name: displayName ?? text("project.unnamed", { id }),
          }))}
        />
      )}
      {allTime && (
        <div className="pair">
          <MostProjects contributions={most} measure={view.measure} />
          <RecentProjects contributions={recent} />
        </div>
      )}
      {allTime && <Streaks weeks={allTime.weeks} days={allTime.days} />}
      {me?.milestones && <Milestones milestones={me.milestones} />}
      {me?.memberships && <Groups memberships={me.memberships} />}
    </>
  );
}
