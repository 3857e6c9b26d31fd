import type { GoalFragment } from "../generated/goals/graphql";

interface Properties {
  readonly share: number;
  readonly milestones: GoalFragment["milestones"];
}

/** How far a goal is, with a mark at each milestone; the numbers stand beside it, as text. */
export function GoalBar({ share, milestones }: Properties) {
  return (
    <svg className="share goal-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect className="whole" width="100" height="10" />
      <rect className="part" width={Math.min(share, 1) * 100} height="10" />
      {milestones
        .filter((one) => one.share < 1)
        .map((one) => (
          <line
            key={one.value}
            className={one.reachedOn === null ? "mark" : "mark reached"}
            x1={one.share * 100}
            x2={one.share * 100}
            y1="0"
            y2="10"
          />
        ))}
    </svg>
  );
}
