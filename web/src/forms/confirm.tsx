// Asks whether something is really to be done. Load it lazily, as each dialog.

import type { ReactNode, RefObject } from "react";
import { useText } from "../texts/texts";
import { CommandButton } from "./command-button";
import { Dialog } from "./dialog";
import { Problems } from "./problems";
import type { Problem } from "./use-command";

interface Properties {
  readonly title: string;
  /** The name of the button that does it. */
  readonly action: string;
  /** Whether it is being done. */
  readonly busy: boolean;
  /** Whether something is to be chosen first. */
  readonly incomplete?: boolean;
  readonly problems: readonly Problem[];
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  /** What gets the focus when it closes, if not what had it before. */
  readonly back?: RefObject<HTMLElement | null> | undefined;
  /** What it means. */
  readonly children: ReactNode;
}

export default function Confirm(properties: Properties) {
  const { title, action, busy, incomplete = false, problems, onConfirm, onClose } = properties;
  const { back, children } = properties;
  const text = useText();
  return (
    <Dialog title={title} onClose={onClose} back={back}>
      <div className="fields">
        {children}
        <Problems problems={problems} />
        <div className="buttons">
          <button type="button" className="button" onClick={onClose} autoFocus>
            {text("confirm.cancel")}
          </button>
          <CommandButton busy={busy} primary disabled={incomplete} onClick={onConfirm}>
            {action}
          </CommandButton>
        </div>
      </div>
    </Dialog>
  );
}
