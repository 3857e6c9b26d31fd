// Links that change what a page shows, by its address.

import type { ReactNode, SyntheticEvent } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { type Change, changed, type Measure, PRESETS, readView, type View } from "../address";
import type { Day } from "../days";
import { useText } from "../texts/texts";

export function useView(today: Day, measures: readonly Measure[]): View {
  return readView(useSearch(), today, measures);
}

interface LinkProperties {
  readonly change: Change;
  readonly current?: boolean;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A link to the same page with something else shown. */
export function ViewLink({ change, current = false, className, children }: LinkProperties) {
  const [path] = useLocation();
  const href = path + changed(useSearch(), change);
  return (
    <Link href={href} className={className} aria-current={current ? "true" : undefined}>
      {children}
    </Link>
  );
}

interface PickerProperties {
  readonly view: View;
  readonly today: Day;
}

/** The usual ranges, and a form for other days. */
export function RangePicker({ view, today }: PickerProperties) {
  const text = useText();
  const [path, navigate] = useLocation();
  const query = useSearch();
  const submit = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [start, end] = [String(form.get("start")), String(form.get("end"))].sort();
    if (start && end) navigate(path + changed(query, { range: { start, end } }));
  };
  const { start, end } = view.range;
  return (
    <div className="ranges">
      <nav className="choices" aria-label={text("range.label")}>
        {PRESETS.map((preset) => (
          <ViewLink key={preset} change={{ range: preset }} current={view.preset === preset}>
            {text(`range.${preset}`)}
          </ViewLink>
        ))}
      </nav>
      <details className="other" open={view.preset === "chosen"}>
        <summary>{text("range.chosen")}</summary>
        <form key={`${start} ${end}`} onSubmit={submit}>
          <label>
            {text("range.from")}
            <input type="date" name="start" required max={today} defaultValue={start} />
          </label>
          <label>
            {text("range.to")}
            <input type="date" name="end" required max={today} defaultValue={end ?? today} />
          </label>
          <button type="submit" className="button">
            {text("range.show")}
          </button>
        </form>
      </details>
    </div>
  );
}

interface MeasureProperties {
  readonly view: View;
  readonly measures: readonly Measure[];
}

export function MeasurePicker({ view, measures }: MeasureProperties) {
  const text = useText();
  return (
    <nav className="choices" aria-label={text("measure.label")}>
      {measures.map((measure) => (
        <ViewLink key={measure} change={{ show: measure }} current={view.measure === measure}>
          {text(`measure.${measure}`)}
        </ViewLink>
      ))}
    </nav>
  );
}
