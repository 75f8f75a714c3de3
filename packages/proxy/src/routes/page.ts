import type { Router } from "@darkroom/router";
import type { RequestHandler } from "express";
import { samplePhoto } from "../sample.js";

/** What the page needs besides the groups. */
export interface PageOptions {
  readonly router: Router;
  /** With a key the page shows nothing of the configuration: a browser cannot send the key. */
  readonly needsKey: boolean;
  readonly isDraining: () => boolean;
}

/** `GET /`: a plain page for a person who opens the gateway in a browser. */
export function page({ router, needsKey, isDraining }: PageOptions): RequestHandler {
  return (request, response) => {
    const url = `http://${request.headers.host ?? "localhost:4000"}`;
    const groups = needsKey ? [] : router.modelNames;
    const model = groups.find((name) => !name.endsWith("*")) ?? "gpt-image-1";
    response.set("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'");
    response.type("html").send(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Darkroom</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem; color: #222; }
  pre { background: #f4f2ee; padding: 1rem; overflow-x: auto; }
  .state { color: #1a7f37; } .draining { color: #b35900; }
</style>
<h1>Darkroom</h1>
<p>A gateway for OpenAI's image edits. State: ${isDraining() ? '<b class="draining">shutting down</b>' : '<b class="state">running</b>'}.</p>
${needsKey ? "<p>Requests need this gateway's key.</p>" : `<h2>Model groups</h2>\n<ul>${groups.map((name) => `<li><code>${escaped(name)}</code></li>`).join("")}</ul>`}
<h2>Edit an image</h2>
<pre>curl ${escaped(url)}/v1/images/edits \\
${needsKey ? '  -H "Authorization: Bearer $DARKROOM_KEY" \\\n' : ""}  -F model=${escaped(model)} \\
  -F image=@${escaped(needsKey ? "photo.png" : samplePhoto)} \\
  -F prompt="Add a red hat"</pre>
<p>OpenAI's clients: set <code>base_url</code> (Python) or <code>baseURL</code> (Node) to <code>${escaped(url)}/v1</code>.</p>
<p>Metrics: <a href="/metrics">/metrics</a>. Health: <a href="/health/readiness">/health/readiness</a>.</p>
</html>
`);
  };
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}
