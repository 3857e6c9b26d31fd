import { useMemo, useState } from "react";
import { useSearch } from "wouter";
import { useQuery } from "urql";
import { type Measure, readProject } from "../../address";
import { series, seriesOfAll } from "../../charts/bars";
import { ChartPanel } from "../../charts/chart-panel";
import { isBounded } from "../../days";
import {
  GroupBucketFragmentDoc,
  GroupDocument,
  GroupLiveDocument,
  GroupPageFragmentDoc,
  ViewerFragmentDoc,
} from "../../generated/group/graphql";
import { readFragment } from "../../generated/group/fragment-masking";
import { Goals } from "../../goals/goals";
import { codesOf } from "../../graphql/problems";
import { useLive } from "../../graphql/use-live";
import { Milestones } from "../../parts/milestones";
import { Notice } from "../../parts/notice";
import { ProjectPicker } from "../../parts/project-picker";
import { useTitle } from "../../parts/use-title";
import { useToday } from "../../parts/use-today";
import { useView } from "../../parts/view";
import { Waiting } from "../../parts/waiting";
import { useSession } from "../../session/session";
import { useTellViewer } from "../../session/viewer";
import { useText } from "../../texts/texts";
import { Missing } from "../missing/page";
import { TopContributors } from "./contributors";
import { GroupFigures } from "./figures";
import { JoinLink } from "./join-link";
import { Left } from "./left";
import { Manage } from "./manage";
import { Members } from "./members";
import { Opening } from "./opening";
import { TopProjects } from "./projects";

const MEASURES: readonly Measure[] = ["classifications", "hours"];

export default function GroupPage({ id }: { readonly id: string }) {
  const text = useText();
  const today = useToday();
  const { signedIn } = useSession();
  const view = useView(today, MEASURES);
  const project = readProject(useSearch());
  const [left, setLeft] = useState<string | null>(null);
  const variables = useMemo(
    () => ({
      id,
      range: view.range,
      projects: project === undefined ? [] : [project],
      within: project === undefined ? null : { projectIds: [project] },
      order: view.measure === "hours" ? ("MOST_TIME" as const) : ("MOST_CLASSIFICATIONS" as const),
      bounded: isBounded(view.range),
    }),
    [id, view.range.start, view.range.end, view.measure, project],
  );
  const [{ data, error, fetching, stale }, again] = useQuery({ query: GroupDocument, variables });
  const page = readFragment(GroupPageFragmentDoc, data);
  const group = page?.userGroup;
  useLive(GroupLiveDocument, variables, group != null);
  useTellViewer(page && readFragment(ViewerFragmentDoc, page)?.me);
  const name = group?.displayName ?? text("group.unnamed", { id });
  useTitle(name);

  const changed = () => again({ requestPolicy: "network-only" });
  const isGone =
    error !== undefined
      ? codesOf(error).some((code) => MISSING.includes(code))
      : page !== undefined && group === null;
  if (isGone && left !== null) return <Left name={left} />;
  if (isGone) {
    const reason = text("group.none", { id });
    return <Missing reason={signedIn ? reason : `${reason} ${text("group.noneYet")}`} />;
  }
  const { allTime, chosen, everywhere } = group ?? {};
  const of = (buckets: NonNullable<typeof chosen>["buckets"] | undefined) =>
    readFragment(GroupBucketFragmentDoc, buckets);
  const buckets = of(chosen?.buckets);
  const contributions = everywhere?.projectContributions ?? [];
  return (
    <>
      {group ? <Opening group={group} name={name} /> : <h1>{name}</h1>}
      {group && (
        <Manage
          group={group}
          name={name}
          view={view}
          onChanged={changed}
          onLeft={() => setLeft(name)}
        />
      )}
      {error && <Notice error={error} onAgain={() => again()} partly={group != null} />}
      {group == null && !error && <Waiting figures={4} />}
      {chosen && <GroupFigures chosen={chosen} allTime={allTime} view={view} busy={fetching} />}
      {allTime && buckets && (
        <ChartPanel
          view={view}
          today={today}
          measures={MEASURES}
          busy={fetching && !stale}
          filter={
            <ProjectPicker
              projects={[...contributions.map((one) => one.project), ...(page?.projectsByIds ?? [])]}
              chosen={project}
            />
          }
          series={
            view.preset === "all"
              ? seriesOfAll(view.measure, allTime, buckets, of(allTime.months))
              : series(view.measure, view.range, today, buckets)
          }
        />
      )}
      {group && chosen && (
        <div className="pair">
          <TopProjects
            groupId={id}
            range={view.range}
            contributions={contributions}
            measure={view.measure}
            chosen={project}
          />
          <TopContributors group={group} measure={view.measure} />
        </div>
      )}
      {group?.goals && (
        <Goals
          goals={group.goals}
          owner={{ groupId: id }}
          mayChange={group.viewerPermissions.editGoals}
          projects={contributions.flatMap(({ project: one }) =>
            one ? { id: one.id, name: one.displayName ?? text("project.unnamed", { id: one.id }) } : [],
          )}
        />
      )}
      {group?.milestones && <Milestones milestones={group.milestones} />}
      {group?.viewerPermissions.manageMembers && group.memberships && (
        <>
          <JoinLink groupId={id} mayChange={group.viewerPermissions.changeJoinLink} />
          <Members group={group} onChanged={changed} />
        </>
      )}
    </>
  );
}

/** An id that is none, one that nothing has, and a group that is hidden look the same. */
const MISSING = ["NOT_FOUND", "INVALID_ARGUMENT"];
