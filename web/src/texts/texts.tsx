// All texts stand in one catalogue. A page names them; the build checks that they are there.

import { type ReactNode, useCallback } from "react";
import { IntlProvider, useIntl } from "react-intl";
import en from "./en.json";

export type TextId = keyof typeof en;
export type Values = Record<string, string | number>;

const LANGUAGE = "en";
const MESSAGES = en as unknown as Record<string, string>;

export function Texts({ children }: { readonly children: ReactNode }) {
  return (
    <IntlProvider locale={LANGUAGE} messages={MESSAGES} timeZone="UTC">
      {children}
    </IntlProvider>
  );
}

/** Whether the catalogue has a text of this id. */
export const isText = (id: string): id is TextId => id in en;

/** Gives the text of an id. */
export function useText(): (id: TextId, values?: Values) => string {
  const intl = useIntl();
  return useCallback((id: TextId, values?: Values) => intl.formatMessage({ id }, values), [intl]);
}
