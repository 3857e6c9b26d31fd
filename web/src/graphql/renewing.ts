// A token that has ended is renewed before something is asked, and once more if the gateway says
// that it is not valid: whoever looks at a page does not see any of it.

import type { Exchange } from "@urql/core";
import { authExchange } from "@urql/exchange-auth";
import type { Credentials } from "../session/credentials";
import { codesOf } from "./problems";

export const renewing = (credentials: Credentials): Exchange =>
  authExchange(async () => ({
    // The client itself sends the token.
    addAuthToOperation: (operation) => operation,
    willAuthError: () => credentials.overdue,
    didAuthError: (error) => credentials.renew !== null && codesOf(error).includes("UNAUTHENTICATED"),
    // Without another token the request is refused, and the page says so.
    refreshAuth: async () => credentials.renew?.().catch(() => undefined),
  }));
