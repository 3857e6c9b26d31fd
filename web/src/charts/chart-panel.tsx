// A chart with all that belongs to it: what it shows, how to change that, and its table.

import type { ReactNode } from "react";
import { useLocation, useSearch } from "wouter";
import { changed, type Measure, type View } from "../address";
import { bucketRange, type Day, daysIn, isBounded } from "../days";
import { MeasurePicker, RangePicker, ViewLink } from "../parts/view";
import { useNumbers } from "../texts/numbers";
import { useText } from "../texts/texts";
import { BarChart } from "./bar-chart";
import type { Bar, Series } from "./bars";
import { ChartTable } from "./chart-table";
import { within } from "./within";

interface Properties {
  readonly view: View;
  readonly today: Day;
  readonly measures: readonly Measure[];
  readonly series: Series;
  /** Whether the range before can be shown as well. */
  readonly comparable?: boolean;
  /** Whether other numbers are on their way. */
  readonly busy: boolean;
  /** More that chooses what is shown, beside the days. */
  readonly filter?: ReactNode;
}

export function ChartPanel({ view, today, measures, series, comparable, busy, filter }: Properties) {
  const text = useText();
  const numbers = useNumbers();
  const [path, navigate] = useLocation();
  const query = useSearch();
  const { bars, period } = series;
  const { measure, range } = view;
  const closer = (bar: Bar) => within(bucketRange(bar.startsOn, period), range);
  const title = text(`chart.${measure}`, { period });
  const days =
    range.start && range.end
      ? text("range.between", { start: numbers.day(range.start), end: numbers.day(range.end) })
      : range.start
        ? text("range.since", { start: numbers.day(range.start) })
        : range.end
          ? text("range.until", { end: numbers.day(range.end) })
          : text("chart.everything");
  const [first, last] = [bars[0], bars[bars.length - 1]];
  const highest = bars.reduce<Bar | undefined>(
    (best, bar) => (best === undefined || bar.value > best.value ? bar : best),
    undefined,
  );
  const empty = highest === undefined || (highest.value === 0 && !bars.some((one) => one.before?.value));
  return (
    <section className={busy ? "panel busy" : "panel"} aria-busy={busy} aria-labelledby="chart">
      <div className="heading">
        <h2 id="chart">{title}</h2>
        <MeasurePicker view={view} measures={measures} />
      </div>
      <div className="heading">
        <RangePicker view={view} today={today} />
        {filter}
      </div>
      {empty || !first || !last ? (
        <div className="empty">
          <p>{text(view.preset === "all" ? "chart.emptyAll" : "chart.empty")}</p>
          {view.preset !== "all" && (
            <ViewLink className="button" change={{ range: "all" }}>
              {text("chart.showAll")}
            </ViewLink>
          )}
        </div>
      ) : (
        <>
          <BarChart
            bars={bars}
            period={period}
            measure={measure}
            label={`${title}. ${text("chart.summary", {
              bars: bars.length,
              first: numbers.bucket(first.startsOn, period),
              last: numbers.bucket(last.startsOn, period),
              top: numbers.bucket(highest.startsOn, period),
              amount: numbers.amountOf(measure, highest.value),
            })}`}
            days={days}
            onPick={
              period === "day"
                ? undefined
                : (bar) => navigate(path + changed(query, { range: closer(bar) }))
            }
          />
          <div className="below">
            {comparable && isBounded(range) && (
              <ViewLink
                className="toggle"
                change={{ compare: !view.compared }}
                current={view.compared}
              >
                {text("chart.compare", { days: daysIn(range) })}
              </ViewLink>
            )}
            {bars.some((bar) => bar.before) && (
              <p className="legend">
                <span className="key now">{text("chart.now")}</span>
                <span className="key before">{text("chart.before")}</span>
              </p>
            )}
            {period !== "day" && bars.length === 1 && (
              <ViewLink change={{ range: closer(first) }}>
                {text("chart.closerOne", { period: numbers.bucket(first.startsOn, period) })}
              </ViewLink>
            )}
            {period !== "day" && bars.length > 1 && (
              <p className="hint" aria-hidden="true">
                {text("chart.closer")}
              </p>
            )}
          </div>
          <ChartTable bars={bars} period={period} measure={measure} range={range} caption={title} />
        </>
      )}
    </section>
  );
}
