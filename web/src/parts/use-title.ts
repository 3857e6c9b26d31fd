import { useEffect } from "react";
import { useText } from "../texts/texts";

/** Name the page in the browser's tab. */
export function useTitle(page: string | undefined): void {
  const text = useText();
  const title = page === undefined ? text("app.name") : text("app.title", { page });
  useEffect(() => {
    document.title = title;
  }, [title]);
}
