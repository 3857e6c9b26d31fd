// How numbers and days are written. Hours are seconds / 3,600, rounded for display only.

import { useIntl } from "react-intl";
import type { Measure } from "../address";
import { dateOf, type Day, type Period } from "../days";
import { useText } from "./texts";

export const hours = (seconds: number): number => seconds / 3600;

/** Values of the same day are found by their keys. */
export interface Numbers {
  readonly count: (value: number) => string;
  readonly short: (value: number) => string;
  readonly percent: (share: number) => string;
  readonly day: (day: Day) => string;
  /** An amount of what a measure counts, without its unit. */
  readonly amount: (measure: Measure, value: number) => string;
  /** The same with its unit, such as "3 hours". */
  readonly amountOf: (measure: Measure | "days", value: number) => string;
  readonly seconds: (seconds: number) => string;
  /** A bucket by its first day, such as "June 2016". */
  readonly bucket: (startsOn: Day, period: Period) => string;
  /** The same, as short as the axis of a chart needs it. */
  readonly tick: (startsOn: Day, period: Period) => string;
}

const BUCKETS = {
  day: { day: "numeric", month: "short", year: "numeric" },
  week: { day: "numeric", month: "short", year: "numeric" },
  month: { month: "long", year: "numeric" },
  year: { year: "numeric" },
} as const;
const TICKS = {
  day: { day: "numeric", month: "short" },
  week: { day: "numeric", month: "short" },
  month: { month: "short", year: "numeric" },
  year: { year: "numeric" },
} as const;

export function useNumbers(): Numbers {
  const intl = useIntl();
  const text = useText();
  const amount = (measure: Measure | "days", value: number) =>
    intl.formatNumber(value, {
      maximumFractionDigits: measure === "hours" && Math.abs(value) < 100 ? 1 : 0,
    });
  return {
    count: (value) => intl.formatNumber(value),
    short: (value) => intl.formatNumber(value, { notation: "compact", maximumFractionDigits: 1 }),
    percent: (share) =>
      intl.formatNumber(share, {
        style: "percent",
        maximumFractionDigits: Math.abs(share) < 0.1 ? 1 : 0,
      }),
    day: (day) => intl.formatDate(dateOf(day), BUCKETS.day),
    amount,
    amountOf: (measure, value) => {
      const shown = amount(measure, value);
      return text(`unit.${measure}`, { count: value, shown });
    },
    seconds: (seconds) =>
      intl.formatNumber(seconds < 90 ? seconds : seconds / 60, {
        style: "unit",
        unit: seconds < 90 ? "second" : "minute",
        unitDisplay: "long",
        maximumFractionDigits: seconds < 10 ? 1 : 0,
      }),
    bucket: (startsOn, period) => {
      const shown = intl.formatDate(dateOf(startsOn), BUCKETS[period]);
      return period === "week" ? text("chart.weekOf", { day: shown }) : shown;
    },
    tick: (startsOn, period) => intl.formatDate(dateOf(startsOn), TICKS[period]),
  };
}
