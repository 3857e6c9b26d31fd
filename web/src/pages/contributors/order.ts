// The order of the table, as the address says it; without it, most classifications come first.

import { PAGE } from "../../address";
import type { MemberOrder } from "../../generated/contributors/graphql";

const PARAMETER = "sort";
const ORDERS: Readonly<Record<string, MemberOrder>> = {
  name: "NAME",
  hours: "MOST_TIME",
};

export const orderOf = (query: string): MemberOrder =>
  ORDERS[new URLSearchParams(query).get(PARAMETER) ?? ""] ?? "MOST_CLASSIFICATIONS";

/** The query string of the first page in another order. */
export function ordered(query: string, order: MemberOrder): string {
  const next = new URLSearchParams(query);
  next.delete(PAGE);
  const name = Object.keys(ORDERS).find((one) => ORDERS[one] === order);
  if (name === undefined) next.delete(PARAMETER);
  else next.set(PARAMETER, name);
  const text = next.toString();
  return text && `?${text}`;
}
