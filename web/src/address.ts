// What a page shows stands in the query string of its address, so that it can be shared.

import { type Day, isDay, plusDays, type Range } from "./days";

export const PRESETS = ["week", "month", "year", "all"] as const;
export type Preset = (typeof PRESETS)[number];
const DAYS: Record<Exclude<Preset, "all">, number> = { week: 7, month: 30, year: 365 };

export const MEASURES = ["classifications", "hours", "volunteers", "comments"] as const;
export type Measure = (typeof MEASURES)[number];

/** The parameter that says behind which cursor a page of a list begins. */
export const PAGE = "after";

/** What is shown: the days, and of what. */
export interface View {
  /** One of the usual ranges, which end today; or days that somebody chose. */
  readonly preset: Preset | "chosen";
  readonly range: Range;
  readonly measure: Measure;
  /** Whether the chart has the range before as well. */
  readonly compared: boolean;
}

const among = <T extends string>(values: readonly T[], text: string | null): T | undefined =>
  values.find((value) => value === text);

/** What an address asks for; what it does not say rightly is as if it were not said. */
export function readView(query: string, now: Day, measures: readonly Measure[]): View {
  const asked = new URLSearchParams(query);
  const measure = among(measures, asked.get("show")) ?? "classifications";
  const compared = asked.get("compare") === "before";
  const [start, end] = ["start", "end"].map((name) => {
    const day = asked.get(name);
    return day !== null && isDay(day) ? day : undefined;
  });
  if ((start ?? end) !== undefined && !(start && end && start > end)) {
    const range = { ...(start && { start }), ...(end && { end }) };
    return { preset: "chosen", range, measure, compared };
  }
  const preset = among(PRESETS, asked.get("range")) ?? "all";
  return { preset, range: rangeOf(preset, now), measure, compared };
}

/** The days of a usual range: today is the last of them. */
export function rangeOf(preset: Preset, now: Day): Range {
  return preset === "all" ? {} : { start: plusDays(now, 1 - DAYS[preset]), end: now };
}

/** The id of the one project that is shown; undefined without a filter. */
export function readProject(query: string): string | undefined {
  const id = new URLSearchParams(query).get("project");
  return id !== null && /^[1-9]\d{0,14}$/.test(id) ? id : undefined;
}

/** What differs in another address; null takes it out. */
export interface Change {
  readonly range?: Preset | Range;
  readonly show?: Measure;
  readonly compare?: boolean;
  readonly project?: string | null;
}

/** The query string of the same page with something else shown. */
export function changed(query: string, { range, show, compare, project }: Change): string {
  const next = new URLSearchParams(query);
  // Something else begins with its first page.
  next.delete(PAGE);
  if (range !== undefined) {
    for (const name of ["range", "start", "end"]) next.delete(name);
    if (typeof range !== "string") {
      if (range.start) next.set("start", range.start);
      if (range.end) next.set("end", range.end);
    } else if (range !== "all") {
      next.set("range", range);
    }
  }
  if (show === "classifications") next.delete("show");
  else if (show !== undefined) next.set("show", show);
  if (compare === true) next.set("compare", "before");
  else if (compare === false) next.delete("compare");
  if (project === null) next.delete("project");
  else if (project !== undefined) next.set("project", project);
  const text = next.toString();
  return text && `?${text}`;
}

/** The query string of the page behind a cursor; null is the first page. */
export function paged(query: string, after: string | null): string {
  const next = new URLSearchParams(query);
  if (after === null) next.delete(PAGE);
  else next.set(PAGE, after);
  const text = next.toString();
  return text && `?${text}`;
}
