import type { Bounded, Range } from "../days";

/** The days of a bucket that lie in a range. */
export function within(bucket: Bounded, { start, end }: Range): Bounded {
  return {
    start: start !== undefined && start > bucket.start ? start : bucket.start,
    end: end !== undefined && end < bucket.end ? end : bucket.end,
  };
}
