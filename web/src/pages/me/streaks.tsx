import type { FragmentType } from "../../generated/me/fragment-masking";
import { readFragment } from "../../generated/me/fragment-masking";
import { MeStreakFragmentDoc } from "../../generated/me/graphql";
import { useNumbers } from "../../texts/numbers";
import { useText } from "../../texts/texts";

type Masked = FragmentType<typeof MeStreakFragmentDoc>;

interface Properties {
  readonly weeks: Masked;
  readonly days: Masked;
}

/** Weeks and days in a row with a classification. */
export function Streaks({ weeks, days }: Properties) {
  const text = useText();
  return (
    <section className="panel" aria-labelledby="streaks">
      <div className="heading">
        <h2 id="streaks">{text("me.streaks")}</h2>
        <p className="hint">{text("me.streaksHint")}</p>
      </div>
      <ul className="tiles">
        <Streak of="week" streak={weeks} />
        <Streak of="day" streak={days} />
      </ul>
    </section>
  );
}

function Streak({ of, streak: masked }: { readonly of: "week" | "day"; readonly streak: Masked }) {
  const text = useText();
  const numbers = useNumbers();
  const streak = readFragment(MeStreakFragmentDoc, masked);
  return (
    <>
      <li>
        <strong>{text(`me.current.${of}`, { count: streak.current })}</strong>
        <span className="note">
          {streak.currentStart === null
            ? text("me.noStreak")
            : text("range.since", { start: numbers.day(streak.currentStart) })}
        </span>
      </li>
      <li>
        <strong>{text(`me.longest.${of}`, { count: streak.longest })}</strong>
        <span className="note">
          {streak.longestStart !== null &&
            streak.longestEnd !== null &&
            text("range.between", {
              start: numbers.day(streak.longestStart),
              end: numbers.day(streak.longestEnd),
            })}
        </span>
      </li>
    </>
  );
}
