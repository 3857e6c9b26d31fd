// Asks whether something is really to be done. Load it lazily, as each dialog.

import type { ReactNode } from "react";
import { Button } from "react-aria-components";
import { useText } from "../texts/texts";
import { Dialog } from "./dialog";
import { Problems } from "./problems";
import type { Problem } from "./use-command";

interface Properties {
  readonly title: string;
  /** The name of the button that does it. */
  readonly action: string;
  /** Whether it is being done: the button keeps the focus meanwhile. */
  readonly busy: boolean;
  /** Whether something is to be chosen first. */
  readonly incomplete?: boolean;
  readonly problems: readonly Problem[];
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  /** What it means. */
  readonly children: ReactNode;
}

export default function Confirm(properties: Properties) {
  const { title, action, busy, incomplete = false, problems, onConfirm, onClose, children } = properties;
  const text = useText();
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="fields">
        {children}
        <Problems problems={problems} />
        <div className="buttons">
          <Button className="button" onPress={onClose} autoFocus>
            {text("confirm.cancel")}
          </Button>
          <Button
            className="button primary"
            onPress={onConfirm}
            isPending={busy}
            isDisabled={incomplete}
          >
            {action}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
