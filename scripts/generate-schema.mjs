// Makes compiler/schema/*.generated.*: for each schema a validator without `eval` or imports, its types, and the
// JSON Schema itself, which ships. TypeBox and ajv's compiler are needed here only.
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(import.meta.url);
const folder = join(dirname(here), "../compiler/schema");
const sources = [
  here,
  ...["technology", "manifest"].map((name) => join(folder, `${name}.schema.mjs`)),
];
const validators = ["technology", "user-technology", "manifest"];
const file = (name, ending) => join(folder, `${name}.generated.${ending}`);
const made = validators.flatMap((name) =>
  ["js", "d.ts", "json"].map((ending) => file(name, ending)),
);

const newest = Math.max(...sources.map((path) => statSync(path).mtimeMs));
const upToDate = made.every((path) => existsSync(path) && statSync(path).mtimeMs >= newest);

const write = (path, text) => {
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, text);
  renameSync(unfinished, path);
};

if (!upToDate) {
  const { Ajv2020 } = await import("ajv/dist/2020.js");
  const { default: standalone } = await import("ajv/dist/standalone/index.js");
  const { technology, userTechnology } = await import("../compiler/schema/technology.schema.mjs");
  const { manifest } = await import("../compiler/schema/manifest.schema.mjs");
  const schemas = { technology, "user-technology": userTechnology, manifest };
  const version = JSON.parse(
    readFileSync(join(dirname(here), "../node_modules/ajv/package.json"), "utf8"),
  ).version;
  for (const name of validators) {
    const schema = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      ...JSON.parse(JSON.stringify(schemas[name])),
    };
    const ajv = new Ajv2020({
      code: { source: true, esm: true, lines: true },
      discriminator: true,
      strict: true,
      strictTypes: false,
      strictRequired: false,
    });
    const code = standalone.default(ajv, ajv.compile(schema));
    if (/\brequire\(|^import /m.test(code))
      throw new Error(`${name}: the validator must import nothing`);
    write(file(name, "json"), `${JSON.stringify(schema, null, 2)}\n`);
    write(
      file(name, "js"),
      `// Made by scripts/generate-schema.mjs from compiler/schema with ajv ${version}\n${code}\n`,
    );
    write(
      file(name, "d.ts"),
      'import type { Validate } from "./validate.ts";\n\nexport declare const validate: Validate;\n',
    );
  }
}
