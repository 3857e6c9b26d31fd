// A search that is kept in the address while somebody types.

import { useEffect, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { PAGE } from "../address";

const PARAMETER = "search";
export const LONGEST_SEARCH = 100;
const PAUSE_MILLISECONDS = 250;

/** The search of an address; empty without one. */
export const searchOf = (query: string): string =>
  (new URLSearchParams(query).get(PARAMETER) ?? "").slice(0, LONGEST_SEARCH).trim();

interface TypedSearch {
  readonly typed: string;
  readonly type: (text: string) => void;
  /** What the address has: what was typed, a moment later. */
  readonly search: string;
}

export function useTypedSearch(): TypedSearch {
  const [path, navigate] = useLocation();
  const query = useSearch();
  const [typed, type] = useState(() => searchOf(query));
  useEffect(() => {
    const wanted = typed.trim();
    if (wanted === searchOf(query)) return undefined;
    const timer = setTimeout(() => {
      const next = new URLSearchParams(query);
      if (wanted) next.set(PARAMETER, wanted);
      else next.delete(PARAMETER);
      next.delete(PAGE);
      const asked = next.toString();
      navigate(path + (asked && `?${asked}`), { replace: true });
    }, PAUSE_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [typed, query, path, navigate]);
  return { typed, type, search: searchOf(query) };
}
