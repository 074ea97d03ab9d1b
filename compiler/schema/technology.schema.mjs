// What a technology file must look like. TypeBox objects are JSON Schema; scripts/generate-schema.mjs makes the
// validator and the shipped schema from them. No `minLength`, `uniqueItems` or `const`: each would make the
// validator import from ajv.
import Type from "typebox";

export const text = (description) => Type.String(description ? { description } : {});
export const word = (description) =>
  Type.String({ pattern: "^.", ...(description ? { description } : {}) });
export const oneOf = (values, description) =>
  Type.Unsafe({ type: "string", enum: values, ...(description ? { description } : {}) });
export const count = (description) =>
  Type.Integer({ minimum: 1, maximum: 2 ** 48, ...(description ? { description } : {}) });
export const exact = (properties, options = {}) =>
  Type.Object(properties, { additionalProperties: false, ...options });
export const recordOf = (schema, description) =>
  Type.Unsafe({
    type: "object",
    additionalProperties: schema,
    ...(description ? { description } : {}),
  });

const si = "(?:V|A|Ohm|S|s|J|m|K|W|Hz|C|F)[2-4]?";
/** ln, 1, or SI units without a prefix: V, m2, 1/V, A/m2, V/s */
const unit = `^(?:ln|(?:1|${si})(?:/${si})?)$`;

export const parameter = exact({
  value: Type.Number({ description: "in the SI unit beside it" }),
  unit: Type.String({
    pattern: unit,
    description: "SI; 1 for ratios and counts, ln for the spread of a natural logarithm",
  }),
  source: word("a claim ID, `assumed: why`, or `fitted: how`"),
  description: word("what the number is"),
  minimum: Type.Optional(Type.Number()),
  maximum: Type.Optional(Type.Number()),
});

export const arrayDescription = exact({
  wordLines: count("word lines of one bank, in cells"),
  bitLines: count("bit lines of one bank, in cells"),
  inputsOn: oneOf(["word lines", "bit lines"], "the lines that carry the inputs"),
  activeWordLines: count("word lines that may be active at once"),
  sensedBitLines: count("bit lines that may be sensed at once"),
});

export const condition = exact({
  summary: text("the condition in a sentence"),
  parameters: recordOf(parameter, "parameters that differ from those of the technology"),
});

export const technology = exact(
  {
    name: word("what the technology is called"),
    basedOn: word("the built-in target whose laws it uses"),
    summary: text("the technology in a sentence"),
    readOut: Type.String({
      pattern: "^(digital|comparator|multi-reference:[1-9][0-9]{0,3}|adc:[1-9][0-9]?)$",
      description: "digital, comparator, multi-reference:K or adc:B",
    }),
    array: arrayDescription,
    encodings: Type.Array(word(), { minItems: 1, description: "names of encodings, best first" }),
    conventions: recordOf(text(), "conventions by name"),
    parameters: recordOf(parameter, "every number, with its unit and source"),
    conditions: recordOf(condition, "named programming conditions"),
    defaultCondition: text("the condition that holds when none is named"),
    weakCondition: text("the condition that the headline table shows beside it; empty for none"),
  },
  { title: "xbc technology" },
);

/** A user's file: what it does not say is taken from the built-in it names. */
export const userTechnology = exact(
  {
    name: word("what the technology is called"),
    basedOn: word("the built-in target whose laws it uses"),
    summary: Type.Optional(technology.properties.summary),
    readOut: Type.Optional(technology.properties.readOut),
    array: Type.Optional(
      exact(
        Object.fromEntries(
          Object.entries(arrayDescription.properties).map(([name, schema]) => [
            name,
            Type.Optional(schema),
          ]),
        ),
      ),
    ),
    encodings: Type.Optional(technology.properties.encodings),
    conventions: Type.Optional(technology.properties.conventions),
    parameters: Type.Optional(technology.properties.parameters),
    conditions: Type.Optional(technology.properties.conditions),
    defaultCondition: Type.Optional(technology.properties.defaultCondition),
    weakCondition: Type.Optional(technology.properties.weakCondition),
  },
  { title: "xbc device file" },
);
