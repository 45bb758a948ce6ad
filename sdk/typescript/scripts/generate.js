// Writes src/schema.ts from the OpenAPI document of this source tree: types of every request and answer.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const document = JSON.parse(await readFile(new URL("../../../starter/api/testdata/openapi.json", import.meta.url), "utf8"));

// The client sets an Idempotency-Key where the caller gives none, so that no caller has to.
for (const methods of Object.values(document.paths)) {
  for (const operation of Object.values(methods)) {
    for (const parameter of operation.parameters ?? []) {
      if (parameter.in === "header" && parameter.name === "Idempotency-Key") {
        parameter.required = false;
      }
    }
  }
}

// A field with a default may be left out of a request.
const types = await openapiTS(document, { defaultNonNullable: false });
await writeFile(
  new URL("../src/schema.ts", import.meta.url),
  "// Generated from the OpenAPI document by scripts/generate.js.\n\n" + astToString(types),
);
