// Operations are named by the hash of their text, which the gateway knows from its build: requests
// are short, may be answered by HTTP caches, and run where only trusted documents may.

import { type Exchange, makeOperation, type Operation, type OperationResult } from "@urql/core";
import { filter, makeSubject, map, merge, pipe, share } from "wonka";

interface Built {
  readonly __meta__?: { readonly hash: string };
}

/** The context of a query whose variables are a secret: they stand in no address. */
export const IN_THE_BODY = { preferGetMethod: false } as const;

const UNKNOWN = "PERSISTED_QUERY_NOT_FOUND";
const UNSUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED";

function named(operation: Operation): Operation {
  const hash = (operation.query as Built).__meta__?.hash;
  if (hash === undefined || operation.kind === "teardown") return operation;
  const asked = makeOperation(operation.kind, operation, {
    ...operation.context,
    ...(operation.kind === "query" &&
      operation.context.preferGetMethod !== false && { preferGetMethod: "force" }),
  });
  return { ...asked, extensions: { persistedQuery: { version: 1, sha256Hash: hash } } };
}

/** The same operation as text: the gateway was built anew since this page was loaded. */
function spelled(operation: Operation): Operation {
  const { extensions: _, ...rest } = operation;
  const asked = makeOperation(operation.kind, rest as Operation, {
    ...operation.context,
    preferGetMethod: false,
  });
  return asked;
}

const isUnknown = ({ error, operation }: OperationResult): boolean =>
  operation.extensions?.persistedQuery !== undefined &&
  (error?.graphQLErrors.some(({ extensions }) =>
    [UNKNOWN, UNSUPPORTED].includes(extensions.code as string),
  ) ??
    false);

export const namedDocuments: Exchange =
  ({ forward }) =>
  (operations$) => {
    const { source: again$, next: again } = makeSubject<Operation>();
    const results$ = pipe(merge([pipe(operations$, map(named)), again$]), forward, share);
    return pipe(
      results$,
      filter((result) => {
        if (!isUnknown(result)) return true;
        again(spelled(result.operation));
        return false;
      }),
    );
  };
