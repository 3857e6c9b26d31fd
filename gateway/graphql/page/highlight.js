// Colours source text. Everything becomes text nodes: nothing is ever read as markup.

const GRAPHQL =
  /(?<comment>#[^\n]*)|(?<string>"""[^]*?(?:"""|$)|"(?:\\.|[^"\\\n])*"?)|(?<variable>\$\w+)|(?<number>-?\b\d+(?:\.\d+)?\b)|(?<keyword>\b(?:query|mutation|fragment|on|true|false|null)\b|@\w+)|(?<name>\b\w+(?=\s*:))/g;
const JSON_TEXT =
  /(?<name>"(?:\\.|[^"\\\n])*"(?=\s*:))|(?<string>"(?:\\.|[^"\\\n])*"?)|(?<number>-?\b\d+(?:\.\d+)?(?:[eE][-+]?\d+)?\b)|(?<keyword>\b(?:true|false|null)\b)/g;

export function highlightGraphQL(element, text) {
  paint(element, text, GRAPHQL);
}

export function highlightJSON(element, text) {
  paint(element, text, JSON_TEXT);
}

function paint(element, text, tokens) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(tokens)) {
    if (match.index > end) parts.push(text.slice(end, match.index));
    const span = document.createElement("span");
    span.className = Object.keys(match.groups).find((kind) => match.groups[kind] !== undefined);
    span.textContent = match[0];
    parts.push(span);
    end = match.index + match[0].length;
  }
  parts.push(text.slice(end));
  element.replaceChildren(...parts);
}
