import { useEffect, useState } from "react";
import { type Day, plusDays, dateOf, today } from "../days";

// A timer stands still while the machine sleeps, so the clock is also read when one looks again.
const LONGEST = 3_600_000;

/** The day in UTC, also after midnight. */
export function useToday(): Day {
  const [day, setDay] = useState(() => today());
  useEffect(() => {
    const look = () => setDay(today());
    const untilMidnight = dateOf(plusDays(day, 1)).getTime() - Date.now();
    const timer = setTimeout(look, Math.min(Math.max(untilMidnight, 0) + 500, LONGEST));
    document.addEventListener("visibilitychange", look);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", look);
    };
  });
  return day;
}
