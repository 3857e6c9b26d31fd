// The schema browser: shows and searches types and fields, by introspection.

import { post } from "./endpoint.js";

const TYPE = "kind name ofType { kind name ofType { kind name ofType { kind name ofType { name } } } }";
const INTROSPECTION = `query Schema {
  __schema {
    queryType { name }
    mutationType { name }
    subscriptionType { name }
    types {
      kind name description
      fields(includeDeprecated: true) {
        name description deprecationReason
        args { name description defaultValue type { ${TYPE} } }
        type { ${TYPE} }
      }
      inputFields { name description defaultValue type { ${TYPE} } }
      enumValues(includeDeprecated: true) { name description }
      possibleTypes { name }
    }
  }
}`;

export class SchemaBrowser {
  constructor(entries, search, token) {
    this.entries = entries;
    this.search = search;
    this.token = token;
    this.types = null;
    this.search.addEventListener("input", () => this.find(this.search.value.trim()));
  }

  async open() {
    this.search.focus();
    if (this.types) return;
    try {
      const response = await post(this.token(), { query: INTROSPECTION });
      const { data, errors } = await response.json();
      if (!data) throw new Error(errors[0].message);
      const { queryType, mutationType, subscriptionType } = data.__schema;
      this.roots = [queryType, mutationType, subscriptionType].filter(Boolean);
      const own = data.__schema.types.filter(isOwn);
      this.types = new Map(own.map((type) => [type.name, type]));
      this.overview();
    } catch (error) {
      this.show(make("p", `Cannot load the schema: ${error.message}`));
    }
  }

  overview() {
    const roots = this.roots.map((root) => this.types.get(root.name));
    const named = [...this.types.values()].filter((type) => !roots.includes(type));
    named.sort((one, other) => one.name.localeCompare(other.name));
    this.show(
      ...roots.flatMap((root) => this.definition(root)),
      make("h3", "Types"),
      make("ul", ...named.map((type) => make("li", this.link(type.name), describe(type)))),
    );
  }

  type(name) {
    const all = make("p", button("All types", () => this.overview()));
    this.show(all, ...this.definition(this.types.get(name)));
    this.entries.focus();
  }

  find(text) {
    if (!this.types) return;
    if (!text) return this.overview();
    const wanted = text.toLowerCase();
    const rows = [];
    for (const type of this.types.values()) {
      if (type.name.toLowerCase().includes(wanted)) {
        rows.push(make("li", this.link(type.name), describe(type)));
      }
      for (const field of members(type)) {
        if (field.name.toLowerCase().includes(wanted)) {
          rows.push(make("li", this.link(type.name), ".", this.field(field)));
        }
      }
    }
    this.show(rows.length ? make("ul", ...rows) : make("p", "No type or field matches."));
  }

  definition(type) {
    const rows = members(type).map((field) => make("li", this.field(field)));
    const unions = (type.possibleTypes ?? []).map(({ name }) => make("li", this.link(name)));
    return [make("h3", type.name), describe(type), make("ul", ...rows, ...unions)];
  }

  field(field) {
    const code = make("code", make("strong", field.name));
    if (field.args?.length) {
      code.append("(");
      field.args.forEach((argument, index) => {
        code.append(index ? ", " : "", `${argument.name}: `, this.reference(argument.type));
        if (argument.defaultValue) code.append(` = ${argument.defaultValue}`);
      });
      code.append(")");
    }
    if (field.type) code.append(": ", this.reference(field.type));
    if (field.defaultValue) code.append(` = ${field.defaultValue}`);
    const row = make("span", code, describe(field));
    if (field.deprecationReason) row.append(make("p", `Deprecated: ${field.deprecationReason}`));
    return row;
  }

  reference(type) {
    if (type.kind === "NON_NULL") return make("span", this.reference(type.ofType), "!");
    if (type.kind === "LIST") return make("span", "[", this.reference(type.ofType), "]");
    return this.link(type.name);
  }

  link(name) {
    return this.types.has(name) ? button(name, () => this.type(name)) : make("span", name);
  }

  show(...content) {
    this.entries.replaceChildren(...content);
    this.entries.scrollTo(0, 0);
  }
}

function members(type) {
  return (type.fields ?? type.inputFields ?? type.enumValues ?? []).filter(isOwn);
}

// Names of introspection and federation begin with an underscore: only tools need them.
function isOwn({ name }) {
  return !name.startsWith("_");
}

function describe({ description }) {
  return description ? make("p", description) : "";
}

function make(tag, ...content) {
  const element = document.createElement(tag);
  element.append(...content);
  return element;
}

function button(text, onClick) {
  const element = make("button", text);
  element.type = "button";
  element.addEventListener("click", onClick);
  return element;
}
