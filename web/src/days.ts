// Days in UTC, as `YYYY-MM-DD`: what the gateway counts by.

export type Day = string;

/** Days from start to end, both included; without one of them, all days on that side. */
export interface Range {
  readonly start?: Day;
  readonly end?: Day;
}

/** A range with both ends. */
export interface Bounded {
  readonly start: Day;
  readonly end: Day;
}

export type Period = "day" | "week" | "month" | "year";

const MILLISECONDS_A_DAY = 86_400_000;

const instant = (day: Day): number => Date.parse(`${day}T00:00:00Z`);

const dayAt = (milliseconds: number): Day => new Date(milliseconds).toISOString().slice(0, 10);

export const dateOf = (day: Day): Date => new Date(instant(day));

/** Whether a text is a day that there is. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const milliseconds = instant(text);
  return !Number.isNaN(milliseconds) && dayAt(milliseconds) === text;
}

export const today = (now: Date = new Date()): Day => now.toISOString().slice(0, 10);

export const plusDays = (day: Day, days: number): Day =>
  dayAt(instant(day) + days * MILLISECONDS_A_DAY);

/** The Monday of the week of a day. */
export const mondayOf = (day: Day): Day => plusDays(day, -((dateOf(day).getUTCDay() + 6) % 7));

/** How many days a range has. */
export const daysIn = ({ start, end }: Bounded): number =>
  (instant(end) - instant(start)) / MILLISECONDS_A_DAY + 1;

export const isBounded = (range: Range): range is Bounded =>
  range.start !== undefined && range.end !== undefined;

/** As many days, just before. */
export const before = (range: Bounded): Bounded => ({
  start: plusDays(range.start, -daysIn(range)),
  end: plusDays(range.start, -1),
});

/** The period of the buckets of a range; the gateway follows the same rule, and does not tell. */
export function periodOf(range: Range, now: Day): Period {
  if (range.start === undefined) return "year";
  const days = daysIn({ start: range.start, end: range.end ?? now });
  if (days <= 31) return "day";
  if (days <= 183) return "week";
  return days <= 1460 ? "month" : "year";
}

/** The days of a bucket, by the day that it starts on. */
export function bucketRange(startsOn: Day, period: Period): Bounded {
  const [year, month] = [Number(startsOn.slice(0, 4)), Number(startsOn.slice(5, 7))];
  const next =
    period === "day"
      ? plusDays(startsOn, 1)
      : period === "week"
        ? plusDays(startsOn, 7)
        : dayAt(period === "month" ? Date.UTC(year, month, 1) : Date.UTC(year + 1, 0, 1));
  return { start: startsOn, end: plusDays(next, -1) };
}
