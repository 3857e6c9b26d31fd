// The dialog that takes a token, or offers the roles of a demo. It is loaded when somebody asks for it.

import { type SyntheticEvent, useEffect, useState } from "react";
import { Button, Label, TextArea, TextField } from "react-aria-components";
import { Dialog } from "../forms/dialog";
import { useText } from "../texts/texts";
import { type Config, config } from "./config";
import { tokenOfRole } from "./role";

interface Properties {
  readonly onToken: (token: string) => void;
  readonly onClose: () => void;
}

export default function SignIn({ onToken, onClose }: Properties) {
  const text = useText();
  const [roles, setRoles] = useState<Config["roles"]>([]);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    config().then(
      (known) => setRoles(known.roles),
      () => undefined,
    );
  }, []);
  const become = (role: string) => tokenOfRole(role).then(onToken, () => setFailed(true));
  const submit = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget).get("token")).trim();
    if (token) onToken(token);
  };
  return (
    <Dialog title={text("session.title")} onClose={onClose}>
      {roles.length > 0 && (
        <ul className="roles">
          {roles.map(({ name, sees }) => (
            <li key={name}>
              <Button className="button" onPress={() => become(name)}>
                {name}
              </Button>
              <span>{sees}</span>
            </li>
          ))}
        </ul>
      )}
      {failed && <p role="alert">{text("signIn.failed")}</p>}
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
