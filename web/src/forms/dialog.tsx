// A dialog over the page. Load it lazily: its library is not needed to read a page.

import { type ReactNode, type RefObject, useEffect, useRef } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { focusNear } from "../parts/keep-focus";
import "./dialog.css";

interface Properties {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** What gets the focus when it closes, if not what had it before: such as when that has gone. */
  readonly back?: RefObject<HTMLElement | null> | undefined;
}

export function Dialog({ title, onClose, children, back }: Properties) {
  useFocusBack(back);
  return (
    <ModalOverlay className="overlay" isOpen isDismissable onOpenChange={onClose}>
      <Modal className="modal">
        <AriaDialog className="dialog">
          <Heading slot="title">{title}</Heading>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

/**
 * The library gives the focus back by itself, but too early where an answer closes the dialog and
 * not a key: then the page behind it cannot take it yet.
 */
function useFocusBack(back: RefObject<HTMLElement | null> | undefined): void {
  const before = useRef(document.activeElement);
  useEffect(
    () => () => {
      const next = back?.current ?? before.current;
      requestAnimationFrame(() => {
        if (back?.current || document.activeElement === document.body) {
          if (!(next instanceof HTMLElement)) return;
          // Such as the button that signs in, once somebody is signed in.
          if (next.isConnected) next.focus();
          else focusNear(document.documentElement);
        }
      });
    },
    [back],
  );
}
