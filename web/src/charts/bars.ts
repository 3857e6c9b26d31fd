// What a chart draws: one bar for each bucket.

import type { Measure } from "../address";
import { daysIn, type Day, type Period, periodOf, type Range } from "../days";
import { hours } from "../texts/numbers";

export interface Bar {
  readonly startsOn: Day;
  readonly value: number;
  /** The bucket at the same place of the range before. */
  readonly before?: { readonly startsOn: Day; readonly value: number } | undefined;
}

export interface Series {
  readonly bars: readonly Bar[];
  readonly period: Period;
}

/** A bucket as the gateway answers it; comments have a count alone. */
export interface Bucket {
  readonly startsOn: Day;
  readonly count: number;
  readonly timeSpent?: number;
  readonly activeUsers?: number;
}

const VALUES: Record<Measure, (bucket: Bucket) => number> = {
  classifications: ({ count }) => count,
  comments: ({ count }) => count,
  hours: ({ timeSpent }) => hours(timeSpent ?? 0),
  volunteers: ({ activeUsers }) => activeUsers ?? 0,
};

/** Bars of a range, beside those of the range before if these are given. */
export function series(
  measure: Measure,
  range: Range,
  now: Day,
  buckets: readonly Bucket[],
  before: readonly Bucket[] | null = null,
): Series {
  const value = VALUES[measure];
  const bars = buckets.map((bucket, place) => {
    const other = before?.[place];
    return {
      startsOn: bucket.startsOn,
      value: value(bucket),
      before: other && { startsOn: other.startsOn, value: value(other) },
    };
  });
  return { bars, period: periodOf(range, now) };
}

// Of all time the range says nothing: the rule is applied to the days that have something.
const MONTHS_UP_TO_DAYS = 1460;

/** Bars of all time, by month where it all lies within four years; none after the last of it. */
export function seriesOfAll(
  measure: Measure,
  extent: { readonly firstDay: Day | null; readonly lastDay: Day | null },
  years: readonly Bucket[],
  months: readonly Bucket[] | null | undefined,
): Series {
  const { firstDay: start, lastDay: end } = extent;
  const byMonth =
    months != null && start && end && daysIn({ start, end }) <= MONTHS_UP_TO_DAYS;
  const { bars } = series(measure, {}, "", byMonth ? months : years);
  return {
    bars: bars.filter((bar) => end === null || bar.startsOn <= end),
    period: byMonth ? "month" : "year",
  };
}
