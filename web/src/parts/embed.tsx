// A button that leads to the HTML by which another page shows this chart.

import { lazy, Suspense, useState } from "react";
import type { View } from "../address";
import { useText } from "../texts/texts";

const EmbedDialog = lazy(() => import("./embed-dialog"));

interface Properties {
  /** What is embedded, such as `/projects/5`: of groups only those whose totals anyone sees. */
  readonly path: string;
  readonly name: string;
  /** What the page shows of it. */
  readonly view: View;
}

export function Embed({ path, name, view }: Properties) {
  const text = useText();
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="button" onClick={() => setOpen(true)}>
        {text("embed.open")}
      </button>
      {open && (
        <Suspense fallback={null}>
          <EmbedDialog path={path} name={name} view={view} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
