import { type ReactNode, useEffect, useRef } from "react";

/** What has just been done; has the focus, since the button that did it may be gone. */
export function Said({ children }: { readonly children: ReactNode }) {
  const place = useRef<HTMLParagraphElement>(null);
  useEffect(() => place.current?.focus(), [children]);
  return (
    <p className="said" role="status" ref={place} tabIndex={-1}>
      {children}
    </p>
  );
}
