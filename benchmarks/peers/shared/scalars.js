// The scalars of the gateway's schema.
import { GraphQLError, GraphQLScalarType } from "graphql";

const day = (value) => {
  if (typeof value === "string" && /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(value)) return value;
  throw new GraphQLError("Date cannot represent a value that is not YYYY-MM-DD.");
};

const whole = (value) => {
  if (Number.isSafeInteger(value)) return value;
  throw new GraphQLError("SafeInt cannot represent a value that is no whole number of 53 bits.");
};

export const Date = new GraphQLScalarType({
  name: "Date",
  serialize: (value) => value,
  parseValue: day,
  parseLiteral: (node) => day(node.value),
});

export const SafeInt = new GraphQLScalarType({
  name: "SafeInt",
  serialize: whole,
  parseValue: whole,
  parseLiteral: (node) => whole(Number(node.value)),
});
