import type { Range } from "../../days";

/** The path of the file with everybody who classified for a group on these days. */
export function fileOf(id: string, { start, end }: Range): string {
  const days = new URLSearchParams();
  if (start) days.set("start_date", start);
  if (end) days.set("end_date", end);
  const query = days.toString();
  return `/groups/${id}/contributors${query && `?${query}`}`;
}
