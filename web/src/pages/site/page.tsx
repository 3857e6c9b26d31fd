import { useMemo, useState } from "react";
import { useSearch } from "wouter";
import { useQuery } from "urql";
import { type Measure } from "../../address";
import { series, seriesOfAll } from "../../charts/bars";
import { ChartPanel } from "../../charts/chart-panel";
import { isBounded, mondayOf } from "../../days";
import {
  SiteBucketFragmentDoc,
  SiteDocument,
  SiteLiveDocument,
  SitePageFragmentDoc,
  ViewerFragmentDoc,
} from "../../generated/site/graphql";
import { readFragment } from "../../generated/site/fragment-masking";
import { useLive } from "../../graphql/use-live";
import { Figure } from "../../parts/figure";
import { Notice } from "../../parts/notice";
import { searchOf } from "../../parts/typed-search";
import { useTitle } from "../../parts/use-title";
import { useToday } from "../../parts/use-today";
import { useView } from "../../parts/view";
import { Waiting } from "../../parts/waiting";
import { useTellViewer } from "../../session/viewer";
import { useNumbers } from "../../texts/numbers";
import { useText } from "../../texts/texts";
import { Busiest } from "./busiest";
import { Find } from "./find";

const MEASURES: readonly Measure[] = ["classifications", "hours", "volunteers"];

export function SitePage() {
  const text = useText();
  const numbers = useNumbers();
  const today = useToday();
  const view = useView(today, MEASURES);
  // What is typed later is asked for by itself.
  const query = useSearch();
  const [search] = useState(() => searchOf(query));
  const shown = useMemo(
    () => ({
      today,
      monday: mondayOf(today),
      range: view.range,
      bounded: isBounded(view.range),
    }),
    [today, view.range.start, view.range.end],
  );
  const [{ data, error, fetching, stale }, again] = useQuery({
    query: SiteDocument,
    variables: { ...shown, search, searching: search !== "" },
  });
  useLive(SiteLiveDocument, shown, data !== undefined);
  const site = readFragment(SitePageFragmentDoc, data);
  useTellViewer(site && readFragment(ViewerFragmentDoc, site)?.me);
  useTitle(undefined);

  const { allTime, chosen, busiest } = site ?? {};
  const buckets = readFragment(SiteBucketFragmentDoc, chosen?.buckets);
  const months = readFragment(SiteBucketFragmentDoc, allTime?.months);
  return (
    <>
      <div className="opening">
        <h1>{text("site.title")}</h1>
        <p className="lead">{text("site.lead")}</p>
      </div>
      {error && <Notice error={error} onAgain={() => again()} partly={site !== undefined} />}
      {site === undefined && !error && <Waiting figures={3} />}
      {site && (
        <dl className="figures" aria-busy={fetching}>
          {allTime && (
            <Figure
              great
              label={text("site.allTime")}
              value={allTime.totalCount}
              format={numbers.count}
              notes={[
                text("measure.classifications"),
                numbers.amountOf("volunteers", allTime.activeUsers),
                ...(allTime.firstDay
                  ? [text("site.since", { day: numbers.day(allTime.firstDay) })]
                  : []),
              ]}
            />
          )}
          {site.thisWeek && (
            <Figure
              label={text("site.thisWeek")}
              value={site.thisWeek.totalCount}
              format={numbers.count}
              notes={[
                text("measure.classifications"),
                numbers.amountOf("volunteers", site.thisWeek.activeUsers),
                text("site.fromMonday"),
              ]}
            />
          )}
          {site.today && (
            <Figure
              label={text("site.today")}
              value={site.today.totalCount}
              format={numbers.count}
              notes={[
                text("measure.classifications"),
                numbers.amountOf("volunteers", site.today.activeUsers),
                text("site.sinceMidnight"),
              ]}
            />
          )}
        </dl>
      )}
      {allTime && buckets && (
        <ChartPanel
          view={view}
          today={today}
          measures={MEASURES}
          busy={fetching && !stale}
          series={
            view.preset === "all"
              ? seriesOfAll(view.measure, allTime, buckets, months)
              : series(view.measure, view.range, today, buckets)
          }
        />
      )}
      <div className="pair">
        {busiest && <Busiest projects={busiest} all={view.preset === "all"} />}
        <Find ready={data !== undefined} />
      </div>
    </>
  );
}
