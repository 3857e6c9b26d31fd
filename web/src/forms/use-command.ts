// A change that somebody asks for: whether it is under way, and why it was not done.

import type { AnyVariables, CombinedError, TypedDocumentNode } from "@urql/core";
import { useCallback, useState } from "react";
import { useMutation } from "urql";
import { problemOf } from "../graphql/problems";
import { isText, type TextId, useText } from "../texts/texts";

export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly path: readonly string[];
}

/** What each payload of a mutation has. */
export interface Payload {
  readonly userErrors: readonly Refusal[];
}

export interface Problem {
  /** A sentence of the catalogue. */
  readonly sentence: string;
  /** What part of the input it is about; empty if no part, or not known. */
  readonly path: readonly string[];
}

interface Command<D, V> {
  /** Ask for the change; gives what the gateway answered, or null if it was not done. */
  readonly run: (variables: V) => Promise<D | null>;
  readonly busy: boolean;
  readonly problems: readonly Problem[];
  readonly forget: () => void;
}

/** `payloadOf` finds the payload of the mutation's one field. */
export function useCommand<D, V extends AnyVariables>(
  document: TypedDocumentNode<D, V>,
  payloadOf: (data: D) => Payload | null | undefined,
): Command<D, V> {
  const text = useText();
  const [{ fetching }, execute] = useMutation(document);
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const run = useCallback(
    async (variables: V) => {
      setProblems([]);
      const { data, error } = await execute(variables);
      const refusals = (data && payloadOf(data)?.userErrors) ?? [];
      const found = error
        ? [failed(error, text)]
        : refusals.map(({ code, message, path }) => {
            const id = `refusal.${code}`;
            return { sentence: isText(id) ? text(id) : message, path };
          });
      setProblems(found);
      return found.length === 0 && data ? data : null;
    },
    [execute, payloadOf, text],
  );
  return { run, busy: fetching, problems, forget: () => setProblems([]) };
}

const failed = (error: CombinedError, text: (id: TextId) => string): Problem => ({
  sentence: text(problemOf(error)),
  path: [],
});
