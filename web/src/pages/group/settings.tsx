// The dialog that changes names and visibility of a group.

import { type SyntheticEvent, useState } from "react";
import { Button } from "react-aria-components";
import { Dialog } from "../../forms/dialog";
import { Problems } from "../../forms/problems";
import { useCommand } from "../../forms/use-command";
import { UpdateGroupDocument, type UpdateGroupMutation } from "../../generated/group/graphql";
import { LEVELS } from "../../levels";
import { useText } from "../../texts/texts";
import type { Group } from "./group";

interface Properties {
  readonly group: Group;
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

const payloadOf = (data: UpdateGroupMutation) => data.updateUserGroup;

export default function Settings({ group, onClose, onSaved }: Properties) {
  const text = useText();
  const { run, busy, problems } = useCommand(UpdateGroupDocument, payloadOf);
  // As it was when the dialog was opened, whatever the page has learned since.
  const [was] = useState(group);
  const submit = async (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const changed = (field: "displayName" | "name") => {
      const value = String(form.get(field)).trim();
      return value !== (was[field] ?? "") ? { [field]: value } : {};
    };
    const level = LEVELS.find((one) => one === form.get("level"));
    const input = {
      id: was.id,
      ...changed("displayName"),
      ...changed("name"),
      ...(level && level !== was.statsVisibility ? { statsVisibility: level } : {}),
      expectedRevision: was.revision,
    };
    if (await run({ input })) onSaved();
  };
  return (
    <Dialog title={text("group.settings")} onClose={onClose}>
      <form className="fields" onSubmit={submit}>
        <label>
          {text("group.title")}
          <input
            name="displayName"
            required
            autoFocus
            maxLength={120}
            autoComplete="off"
            defaultValue={was.displayName ?? ""}
          />
        </label>
        <label>
          {text("group.name")}
          <input
            name="name"
            required
            maxLength={100}
            autoComplete="off"
            spellCheck="false"
            defaultValue={was.name ?? ""}
          />
        </label>
        <fieldset className="levels">
          <legend>{text("group.whoSees")}</legend>
          {LEVELS.map((level) => (
            <label key={level} className="check">
              <input
                type="radio"
                name="level"
                value={level}
                defaultChecked={level === was.statsVisibility}
              />
              {text(`level.${level}`)}
            </label>
          ))}
        </fieldset>
        <p className="hint">{text("group.whoSeesExplain")}</p>
        <Problems problems={problems} />
        <div className="buttons">
          <Button className="button" onPress={onClose}>
            {text("confirm.cancel")}
          </Button>
          <Button className="button primary" type="submit" isPending={busy}>
            {text("group.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
