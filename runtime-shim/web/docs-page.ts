/** A page that shows `/openapi.json`, by itself: nothing of it comes from elsewhere. */
export function docsPage(title: string): string {
  const name = title.replaceAll(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name}</title>
<style>${STYLE}</style>
</head>
<body>
<main><h1>${name}</h1><p><a href="openapi.json">OpenAPI document</a></p><div id="routes"></div></main>
<script type="module">${SCRIPT}</script>
</body>
</html>
`;
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; background: light-dark(#fff, #16181d); color: light-dark(#1c1f26, #e6e8ee); }
main { max-width: 46rem; margin: 0 auto; padding: 2rem 1rem; }
section { border: 1px solid light-dark(#d5d9e2, #343a46); border-radius: .5rem; padding: 1rem; margin: 1rem 0; }
h2 { font-size: 1rem; margin: 0 0 .5rem; } h2 code { font-size: 1rem; }
label { display: block; margin: .5rem 0; font-size: .875rem; }
input, textarea { box-sizing: border-box; width: 100%; padding: .4rem; font: .875rem/1.4 ui-monospace, monospace;
  border: 1px solid light-dark(#9aa2b1, #5b6373); border-radius: .25rem; background: transparent; color: inherit; }
textarea { min-height: 6rem; }
button { padding: .4rem 1rem; font: inherit; border-radius: .25rem; border: 0; background: #1f5fd0; color: #fff; cursor: pointer; }
button:focus-visible, input:focus-visible, textarea:focus-visible, a:focus-visible { outline: 2px solid #6aa0ff; outline-offset: 2px; }
pre { overflow: auto; padding: .75rem; border-radius: .25rem; background: light-dark(#f2f4f8, #20242c); font-size: .875rem; }
a { color: light-dark(#1f5fd0, #8ab4ff); }
`;

const SCRIPT = `
const make = (tag, props, ...children) => {
  const element = Object.assign(document.createElement(tag), props);
  element.append(...children);
  return element;
};
const document_ = await (await fetch("openapi.json")).json();
const secured = document_.security !== undefined;
const example = (schema) => {
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  if (schema.type === "object") {
    return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([key, value]) => [key, example(value)]));
  }
  return { string: "", number: 0, integer: 0, boolean: false, array: [] }[schema.type] ?? null;
};
for (const [path, methods] of Object.entries(document_.paths)) {
  for (const [method, operation] of Object.entries(methods)) {
    const fields = (operation.parameters ?? []).map((parameter) => {
      const input = make("input", { name: parameter.name, required: parameter.required });
      return { parameter, input, label: make("label", {}, parameter.name + " (" + parameter.in + ")", input) };
    });
    const schema = operation.requestBody?.content["application/json"].schema;
    const body = schema && make("textarea", { value: JSON.stringify(example(schema), null, 2) });
    const token = secured && make("input", { type: "password", autocomplete: "off" });
    const output = make("pre", { hidden: true });
    output.setAttribute("aria-live", "polite");
    const form = make("form", {}, ...fields.map(({ label }) => label),
      ...(body ? [make("label", {}, "body", body)] : []),
      ...(token ? [make("label", {}, "token", token)] : []),
      make("button", {}, "Send"), output);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      let target = path;
      const query = new URLSearchParams();
      for (const { parameter, input } of fields) {
        if (parameter.in === "path") target = target.replace("{" + parameter.name + "}", encodeURIComponent(input.value));
        else if (input.value !== "") query.append(parameter.name, input.value);
      }
      const headers = { ...(body && { "content-type": "application/json" }), ...(token && { authorization: "Bearer " + token.value }) };
      output.hidden = false;
      try {
        const answer = await fetch(target.slice(1) + (query.size > 0 ? "?" + query : "") || ".", { method: method.toUpperCase(), headers, body: body?.value });
        output.textContent = answer.status + " " + answer.statusText + "\\n\\n" + (await answer.text());
      } catch (error) {
        output.textContent = String(error);
      }
    });
    document.getElementById("routes").append(make("section", {},
      make("h2", {}, make("code", {}, method.toUpperCase() + " " + path)), form));
  }
}
`;
