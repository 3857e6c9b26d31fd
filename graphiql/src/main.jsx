// GraphiQL for the endpoint that served this page, with the examples that the page carries.

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
  // The header editor alone says who asks.
  fetch: (url, options) => fetch(url, { ...options, credentials: "omit", cache: "no-store" }),
});

function Page() {
  // Null keeps GraphiQL from asking for the schema before there is a header editor to read.
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
