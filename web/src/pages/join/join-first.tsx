// Around the page of a group: while the token of its join link waits, the page that joins.

import { lazy, type ReactNode, useState } from "react";
import { Said } from "../../parts/said";
import { useText } from "../../texts/texts";
import { useJoinToken } from "./token";

const JoinPage = lazy(() => import("./page"));

interface Properties {
  readonly id: string;
  readonly children: ReactNode;
}

export function JoinFirst({ id, children }: Properties) {
  const text = useText();
  const { token, forget } = useJoinToken(id);
  const [joined, setJoined] = useState<string | null>(null);
  if (token !== null) {
    return (
      <JoinPage
        id={id}
        token={token}
        onJoined={(name) => {
          setJoined(name);
          forget();
        }}
        onLeft={forget}
      />
    );
  }
  return (
    <>
      {joined !== null && <Said>{text("join.joined", { name: joined })}</Said>}
      {children}
    </>
  );
}
