import type { ComponentProps, MouseEvent } from "react";

interface Properties extends Omit<ComponentProps<"button">, "aria-disabled" | "className"> {
  /** Whether what it asks for is under way. */
  readonly busy: boolean;
  readonly primary?: boolean;
}

/**
 * A button that asks for something. While that is under way it does nothing, and is not disabled:
 * a disabled button loses the focus.
 */
export function CommandButton({ busy, primary = false, onClick, ...others }: Properties) {
  const press = (event: MouseEvent<HTMLButtonElement>) => {
    if (busy) event.preventDefault();
    else onClick?.(event);
  };
  return (
    <button
      type="button"
      {...others}
      className={primary ? "button primary" : "button"}
      aria-disabled={busy}
      onClick={press}
    />
  );
}
