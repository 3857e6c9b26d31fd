import { Button } from "react-aria-components";
import { shownCode } from "../../certificates/sheet";
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
}

const payloadOf = (data: RevokeCertificateMutation) => data.revokeCertificate;

/** Asks whether a certificate is to be taken back for ever. */
export default function RevokeDialog({ code, onClose }: Properties) {
  const text = useText();
  const { run, busy, problems } = useCommand(RevokeCertificateDocument, payloadOf);
  const confirm = async () => {
    if (await run({ input: { code } })) onClose();
  };
  return (
    <Dialog title={text("certificate.revokeTitle")} onClose={onClose}>
      <p>{text("certificate.revokeExplain", { code: shownCode(code) })}</p>
      <Problems problems={problems} />
      <div className="buttons">
        <Button className="button" onPress={onClose} autoFocus>
          {text("certificate.cancel")}
        </Button>
        <Button className="button primary" onPress={confirm} isDisabled={busy}>
          {text("certificate.revoke")}
        </Button>
      </div>
    </Dialog>
  );
}
