// Why something is not shown, as a sentence of the catalogue.

import type { CombinedError } from "@urql/core";
import type { TextId } from "../texts/texts";

const SENTENCES: Readonly<Record<string, TextId>> = {
  FORBIDDEN: "problem.forbidden",
  NOT_FOUND: "problem.notFound",
  UNAUTHENTICATED: "problem.unauthenticated",
  RATE_LIMITED: "problem.rateLimited",
  COST_TOO_HIGH: "problem.tooMuch",
  OUT_OF_BOUNDS: "problem.tooMuch",
  TOO_MANY_VALUES: "problem.tooMuch",
  ANSWER_TOO_LARGE: "problem.tooMuch",
  OPERATION_TIMEOUT: "problem.tooSlow",
  DOCUMENT_NOT_TRUSTED: "problem.oldPage",
  PERSISTED_QUERY_NOT_FOUND: "problem.oldPage",
  GRAPHQL_VALIDATION_FAILED: "problem.oldPage",
  UNAVAILABLE: "problem.unavailable",
  FILE_TOO_LARGE: "problem.tooMuch",
};

/** The sentence for an error's code. */
export const sentenceOf = (code: string): TextId => SENTENCES[code] ?? "problem.unknown";

/** The codes of an error, each once. */
export function codesOf(error: CombinedError): readonly string[] {
  const codes = error.graphQLErrors.map(({ extensions }) => String(extensions.code));
  return [...new Set(codes)];
}

/** The sentence for a page that could not be had, or not all of it. */
export function problemOf(error: CombinedError): TextId {
  if (error.networkError && error.graphQLErrors.length === 0) return "problem.network";
  const known = codesOf(error).find((code) => code in SENTENCES);
  return sentenceOf(known ?? "");
}
