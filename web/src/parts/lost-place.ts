import type { CombinedError } from "@urql/core";
import { useEffect } from "react";
import { useLocation, useSearch } from "wouter";
import { PAGE, paged } from "../address";
import { codesOf } from "../graphql/problems";

/**
 * Where an address has a cursor that its list does not know, such as one of another order, go to
 * the first page. Returns whether that is so.
 */
export function useLostPlace(error: CombinedError | undefined): boolean {
  const [path, navigate] = useLocation();
  const query = useSearch();
  const isLost =
    error !== undefined &&
    codesOf(error).includes("INVALID_ARGUMENT") &&
    new URLSearchParams(query).has(PAGE);
  useEffect(() => {
    if (isLost) navigate(path + paged(query, null), { replace: true });
  }, [isLost, path, query, navigate]);
  return isLost;
}
