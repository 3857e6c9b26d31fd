// The dialog that takes a token. It is loaded when somebody asks for it.

import type { SyntheticEvent } from "react";
import { Button, Label, TextArea, TextField } from "react-aria-components";
import { Dialog } from "../forms/dialog";
import { useText } from "../texts/texts";

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
    <Dialog title={text("session.title")} onClose={onClose}>
      <form onSubmit={submit}>
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
  );
}
