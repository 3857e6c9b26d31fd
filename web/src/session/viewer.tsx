// The viewer as the page's own request tells it, for the frame around the page.

import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";

export interface Viewer {
  readonly id: string;
  readonly displayName: string | null;
  readonly login: string | null;
}

interface Known {
  readonly viewer: Viewer | null;
  readonly tell: (viewer: Viewer | null) => void;
}

const ViewerContext = createContext<Known | null>(null);

export function ViewerProvider({ children }: { readonly children: ReactNode }) {
  const [viewer, tell] = useState<Viewer | null>(null);
  const known = useMemo(() => ({ viewer, tell }), [viewer]);
  return <ViewerContext value={known}>{children}</ViewerContext>;
}

export function useViewer(): Known {
  const known = useContext(ViewerContext);
  if (known === null) throw new Error("There is no viewer around this component.");
  return known;
}

/** Say who the viewer is; undefined while the page does not know. */
export function useTellViewer(viewer: Viewer | null | undefined): void {
  const { tell } = useViewer();
  useEffect(() => {
    if (viewer !== undefined) tell(viewer);
  }, [tell, viewer]);
}
