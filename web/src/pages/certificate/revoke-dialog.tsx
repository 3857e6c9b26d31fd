import { type RefObject, useRef } from "react";
import { shownCode } from "../../certificates/sheet";
import { CommandButton } from "../../forms/command-button";
import { Dialog } from "../../forms/dialog";
import { Problems } from "../../forms/problems";
import { useCommand } from "../../forms/use-command";
import {
  RevokeCertificateDocument,
  type RevokeCertificateMutation,
} from "../../generated/certificate/graphql";
import { useText } from "../../texts/texts";

interface Properties {
  readonly code: string;
  readonly onClose: () => void;
  /** What gets the focus when the certificate and its buttons have gone. */
  readonly elsewhere: RefObject<HTMLElement | null>;
}

const payloadOf = (data: RevokeCertificateMutation) => data.revokeCertificate;

/** Asks whether a certificate is to be taken back for ever. */
export default function RevokeDialog({ code, onClose, elsewhere }: Properties) {
  const text = useText();
  const back = useRef<HTMLElement>(null);
  const { run, busy, problems } = useCommand(RevokeCertificateDocument, payloadOf);
  const confirm = async () => {
    if (!(await run({ input: { code } }))) return;
    back.current = elsewhere.current;
    onClose();
  };
  return (
    <Dialog title={text("certificate.revokeTitle")} onClose={onClose} back={back}>
      <p>{text("certificate.revokeExplain", { code: shownCode(code) })}</p>
      <Problems problems={problems} />
      <div className="buttons">
        <button type="button" className="button" onClick={onClose} autoFocus>
          {text("certificate.cancel")}
        </button>
        <CommandButton busy={busy} primary onClick={confirm}>
          {text("certificate.revoke")}
        </CommandButton>
      </div>
    </Dialog>
  );
}
