// Round numbers that were reached, and the next one. One that is reached while somebody looks is
// celebrated.

import { useEffect, useRef, useState } from "react";
import type { Day } from "../days";
import { useNumbers } from "../texts/numbers";
import { useText } from "../texts/texts";
import { useCelebrate } from "./celebration";
import { Share } from "./share";

interface Properties {
  readonly milestones: {
    readonly reached: readonly { readonly value: number; readonly reachedOn: Day }[];
    readonly next: {
      readonly value: number;
      readonly remaining: number;
      readonly expectedOn: Day | null;
    } | null;
  };
}

export function Milestones({ milestones: { reached, next } }: Properties) {
  const text = useText();
  const numbers = useNumbers();
  const fresh = useFresh(reached.at(-1)?.value);
  return (
    <section className="panel" aria-labelledby="milestones">
      <div className="heading">
        <h2 id="milestones">{text("milestones.title")}</h2>
      </div>
      {reached.length === 0 && <p className="hint">{text("milestones.none")}</p>}
      <ol className="milestones">
        {reached.map(({ value, reachedOn }) => (
          <li key={value} className={value === fresh ? "reached fresh" : "reached"}>
            <strong>{numbers.count(value)}</strong>
            <span className="note">{text("milestones.reached", { day: numbers.day(reachedOn) })}</span>
          </li>
        ))}
        {next && (
          <li className="next">
            <strong>{text("milestones.next", { value: numbers.count(next.value) })}</strong>
            <Share of={1 - next.remaining / next.value} />
            <span className="note">
              {text("milestones.remaining", { amount: numbers.count(next.remaining) })}
              {next.expectedOn &&
                `, ${text("milestones.expected", { day: numbers.day(next.expectedOn) })}`}
            </span>
          </li>
        )}
      </ol>
    </section>
  );
}

/** The highest milestone, if it was reached since this was first shown: that is celebrated. */
function useFresh(highest: number | undefined): number | undefined {
  const text = useText();
  const numbers = useNumbers();
  const celebrate = useCelebrate();
  const first = useRef(highest);
  const [fresh, setFresh] = useState<number>();
  useEffect(() => {
    if (highest === undefined || highest <= (first.current ?? 0)) {
      setFresh(undefined);
      return;
    }
    setFresh(highest);
    celebrate(text("milestones.fresh", { amount: numbers.amountOf("classifications", highest) }));
  }, [highest]);
  return fresh;
}
