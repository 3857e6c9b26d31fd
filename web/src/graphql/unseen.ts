// What the viewer may not see is null, and no problem: the page says so by `viewerPermissions`. With
// its error, the cache would take the field for one that it lacks, and ask again at each live answer.

import { CombinedError, type Exchange, type OperationResult } from "@urql/core";
import { map, pipe } from "wonka";

/** Who is not signed in is told to, in place of a refusal. */
const REFUSALS = ["FORBIDDEN", "UNAUTHENTICATED"];

/** Takes the refusals of single fields out of answers; a refusal of all that was asked for stays. */
export const unseenExchange: Exchange =
  ({ forward }) =>
  (operations$) =>
    pipe(forward(operations$), map(withoutRefusals));

function withoutRefusals(result: OperationResult): OperationResult {
  const { error, ...answer } = result;
  if (error === undefined || error.networkError || answer.operation.kind === "mutation") {
    return result;
  }
  // The path of a live answer begins with the field of the subscription. What a live answer does
  // not find any more is gone for the viewer, and must not stay on the page.
  const live = answer.operation.kind === "subscription";
  const graphQLErrors = error.graphQLErrors.filter(({ extensions, path }) => {
    const code = String(extensions.code);
    if (live && code === "NOT_FOUND") return false;
    return !REFUSALS.includes(code) || (path?.length ?? 0) <= (live ? 2 : 1);
  });
  if (graphQLErrors.length === 0) return answer;
  return { ...answer, error: new CombinedError({ graphQLErrors, response: error.response }) };
}
