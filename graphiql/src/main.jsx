// GraphiQL for the endpoint that served this page, with the examples in the page.

import "graphiql/setup-workers/vite";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "@graphiql/plugin-explorer/style.css";
import "./page.css";
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { useGraphiQL } from "@graphiql/react";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { openSession } from "./session.js";

const examples = JSON.parse(document.getElementById("examples").textContent);
const session = await openSession(examples, sessionStorage);
const plugins = [HISTORY_PLUGIN, explorerPlugin()];
const fetcher = createGraphiQLFetcher({
  url: location.pathname,
  // Subscriptions are followed on a WebSocket, with what the header editor contains as parameters.
  subscriptionUrl: `${location.origin.replace(/^http/, "ws")}${location.pathname}`,
  // Credentials come from the header editor only.
  fetch: (url, options) => fetch(url, { ...options, credentials: "omit", cache: "no-store" }),
});

function Page() {
  // Null delays the introspection until the header editor exists, which contains the token.
  const [schema, setSchema] = useState(null);
  return (
    <GraphiQL
      fetcher={fetcher}
      plugins={plugins}
      schema={schema}
      showPersistHeadersSettings={false}
      {...session}
    >
      <GraphiQL.Logo>
        <WhenHeadersAreThere call={() => setSchema(undefined)} />
        <a className="small-page" href="?page=small">
          Small page
        </a>
      </GraphiQL.Logo>
    </GraphiQL>
  );
}

function WhenHeadersAreThere({ call }) {
  const editor = useGraphiQL((state) => state.headerEditor);
  useEffect(() => {
    if (editor) call();
  }, [editor]);
  return null;
}

createRoot(document.getElementById("graphiql")).render(<Page />);
