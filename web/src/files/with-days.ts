import type { Range } from "../days";

/** The path of a file about these days. */
export function withDays(path: string, { start, end }: Range): string {
  const days = new URLSearchParams();
  if (start) days.set("start_date", start);
  if (end) days.set("end_date", end);
  const query = days.toString();
  return path + (query && `?${query}`);
}
