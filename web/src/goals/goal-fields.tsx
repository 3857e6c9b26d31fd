import type { GoalFragment, GoalMetric } from "../generated/goals/graphql";
import { today } from "../days";
import { useText } from "../texts/texts";
import { milestonesOf } from "./goal-input";
import type { Place } from "./goals";
import { isGroup, type Owner } from "./owner";

// Comments name no group, and one volunteer is always one.
const OF_GROUP: readonly GoalMetric[] = [
  "CLASSIFICATIONS",
  "HOURS",
  "CONTRIBUTORS",
  "PROJECTS",
  "ACTIVE_DAYS",
];
const OWN: readonly GoalMetric[] = ["CLASSIFICATIONS", "HOURS", "PROJECTS", "ACTIVE_DAYS", "COMMENTS"];
const REPEATS = ["WEEK", "MONTH"] as const;
const HIGHEST = 1_000_000_000;

interface Properties {
  readonly owner: Owner;
  readonly projects: readonly Place[];
  readonly goal: GoalFragment | null;
}

export function GoalFields({ owner, projects, goal }: Properties) {
  const text = useText();
  return (
    <>
      {goal === null && (
        <label>
          {text("goals.metric")}
          <select name="metric" autoFocus>
            {(isGroup(owner) ? OF_GROUP : OWN).map((metric) => (
              <option key={metric} value={metric}>
                {text(`goals.metric.${metric}`)}
              </option>
            ))}
          </select>
        </label>
      )}
      <label>
        {text("goals.target")}
        <input
          type="number"
          name="target"
          required
          min={1}
          max={HIGHEST}
          step={1}
          autoFocus={goal !== null}
          defaultValue={goal?.target}
        />
      </label>
      {goal === null && (
        <label>
          {text("goals.repeats")}
          <select name="repeats">
            <option value="">{text("goals.once")}</option>
            {REPEATS.map((period) => (
              <option key={period} value={period}>
                {text(`goals.repeats.${period}`)}
              </option>
            ))}
          </select>
        </label>
      )}
      <label>
        {text("goals.name")}
        <input name="title" maxLength={120} autoComplete="off" defaultValue={goal?.title ?? ""} />
      </label>
      <div className="beside">
        {(goal === null || goal.status === "UPCOMING") && (
          <label>
            {text("goals.start")}
            <input type="date" name="start" required defaultValue={goal?.start ?? today()} />
          </label>
        )}
        <label>
          {text("goals.end")}
          <input type="date" name="end" defaultValue={goal?.end ?? ""} />
        </label>
      </div>
      <label>
        {text("goals.milestones")}
        <input
          name="milestones"
          inputMode="numeric"
          pattern="[0-9,; ]*"
          autoComplete="off"
          aria-describedby="milestones-hint"
          defaultValue={goal ? milestonesOf(goal) : ""}
        />
      </label>
      <p className="hint" id="milestones-hint">
        {text("goals.milestonesHint")}
      </p>
      {goal === null && projects.length > 0 && (
        <fieldset>
          <legend>{text("goals.only")}</legend>
          {projects.map(({ id, name }) => (
            <label key={id} className="check">
              <input type="checkbox" name="project" value={id} />
              {name}
            </label>
          ))}
        </fieldset>
      )}
    </>
  );
}
