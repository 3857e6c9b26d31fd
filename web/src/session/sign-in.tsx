// The dialog that takes a token. It is loaded when somebody asks for it.

import type { SyntheticEvent } from "react";
import {
  Button,
  Dialog,
  Heading,
  Label,
  Modal,
  ModalOverlay,
  TextArea,
  TextField,
} from "react-aria-components";
import { useText } from "../texts/texts";
import "./sign-in.css";

interface Properties {
  readonly onToken: (token: string) => void;
  readonly onClose: () => void;
}

export default function SignIn({ onToken, onClose }: Properties) {
  const text = useText();
  const submit = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget).get("token")).trim();
    if (token) onToken(token);
  };
  return (
    <ModalOverlay className="overlay" isOpen isDismissable onOpenChange={onClose}>
      <Modal className="modal">
        <Dialog className="dialog">
          <form onSubmit={submit}>
            <Heading slot="title">{text("session.title")}</Heading>
            <p>{text("session.explain")}</p>
            <TextField name="token" isRequired autoFocus autoComplete="off" spellCheck="false">
              <Label>{text("session.token")}</Label>
              <TextArea rows={5} />
            </TextField>
            <div className="buttons">
              <Button className="button" onPress={onClose}>
                {text("session.cancel")}
              </Button>
              <Button className="button primary" type="submit">
                {text("session.signIn")}
              </Button>
            </div>
          </form>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
