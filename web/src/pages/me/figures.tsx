import { daysIn, isBounded, type Range } from "../../days";
import type { MePageFragment } from "../../generated/me/graphql";
import { Change } from "../../parts/change";
import { Figure } from "../../parts/figure";
import { hours, useNumbers } from "../../texts/numbers";
import { useText } from "../../texts/texts";

interface Properties {
  readonly me: NonNullable<MePageFragment["me"]>;
  readonly range: Range;
  readonly busy: boolean;
}

/** The numbers of the chosen days, each beside that of the days before. */
export function MeFigures({ me: { charted, chosen, comments }, range, busy }: Properties) {
  const text = useText();
  const numbers = useNumbers();
  const days = isBounded(range) ? daysIn(range) : undefined;
  const change = (now: number, then: number | undefined) =>
    days !== undefined && then !== undefined
      ? [<Change key="change" now={now} before={then} days={days} />]
      : [];
  const was = chosen?.before;
  return (
    <dl className="figures" aria-busy={busy}>
      {chosen && (
        <>
          <Figure
            great
            label={text("measure.classifications")}
            value={chosen.totalCount}
            format={numbers.count}
            notes={[
              ...change(chosen.totalCount, was?.totalCount),
              ...(days !== undefined && charted
                ? [
                    text("project.allTime", {
                      amount: numbers.amountOf("classifications", charted.totalCount),
                    }),
                  ]
                : [text("range.all")]),
            ]}
          />
          <Figure
            label={text("measure.hours")}
            value={hours(chosen.timeSpent)}
            format={(value) => numbers.amount("hours", value)}
            notes={[
              ...change(chosen.timeSpent, was?.timeSpent),
              ...(chosen.meanTimeSpent !== null
                ? [text("project.average", { seconds: numbers.seconds(chosen.meanTimeSpent) })]
                : []),
            ]}
          />
          <Figure
            label={text("me.projects")}
            value={chosen.projectCount}
            format={numbers.count}
            notes={change(chosen.projectCount, was?.projectCount)}
          />
        </>
      )}
      {comments && (
        <Figure
          label={text("measure.comments")}
          value={comments.totalCount}
          format={numbers.count}
          notes={[...change(comments.totalCount, comments.before?.totalCount), text("project.talk")]}
        />
      )}
    </dl>
  );
}
