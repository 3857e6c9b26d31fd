// The dialog that creates a group. It is loaded when somebody asks for it.

import type { SyntheticEvent } from "react";
import { Button, Input, Label, TextField } from "react-aria-components";
import { CommandButton } from "../../forms/command-button";
import { Dialog } from "../../forms/dialog";
import { Problems } from "../../forms/problems";
import { useCommand } from "../../forms/use-command";
import { CreateGroupDocument } from "../../generated/groups/graphql";
import { LEVELS } from "../../levels";
import { useText } from "../../texts/texts";

const LONGEST = 120;

interface Properties {
  readonly onClose: () => void;
  readonly onCreated: (id: string) => void;
}

export default function CreateGroup({ onClose, onCreated }: Properties) {
  const text = useText();
  const { run, busy, problems } = useCommand(CreateGroupDocument, (data) => data.createUserGroup);
  const submit = async (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const displayName = String(form.get("displayName")).trim();
    const statsVisibility = LEVELS.find((level) => level === form.get("level")) ?? LEVELS[0];
    const done = await run({ input: { displayName, statsVisibility } });
    const group = done?.createUserGroup?.userGroup;
    if (group) onCreated(group.id);
  };
  return (
    <Dialog title={text("groups.create")} onClose={onClose}>
      <form className="fields" onSubmit={submit}>
        <TextField name="displayName" isRequired autoFocus maxLength={LONGEST} autoComplete="off">
          <Label>{text("groups.name")}</Label>
          <Input />
        </TextField>
        <fieldset className="levels">
          <legend>{text("groups.level")}</legend>
          {LEVELS.map((level, place) => (
            <label key={level} className="check">
              <input type="radio" name="level" value={level} defaultChecked={place === 0} />
              {text(`level.${level}`)}
            </label>
          ))}
          <p className="hint">{text("groups.levelLater")}</p>
        </fieldset>
        <Problems problems={problems} />
        <div className="buttons">
          <Button className="button" onPress={onClose}>
            {text("session.cancel")}
          </Button>
          <CommandButton busy={busy} type="submit" primary>
            {text("groups.create")}
          </CommandButton>
        </div>
      </form>
    </Dialog>
  );
}
